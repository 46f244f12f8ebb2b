"""Statements about what attempts have written, piece by piece."""

# What is replaced is what begins within a new piece; the one that the new one itself overwrites
# has its instant, too, and is left for that.
KEEP = """
WITH new AS (
    SELECT * FROM unnest(
        CAST(:runs AS BIGINT[]), CAST(:attempts AS BIGINT[]), CAST(:firsts AS BIGINT[]),
        CAST(:bodies AS BYTEA[])
    ) AS new (run, attempt, first, body)
), gone AS (
    DELETE FROM pieces USING new
    WHERE pieces.run = new.run AND pieces.attempt = new.attempt
        AND pieces.first >= new.first AND pieces.first < new.first + octet_length(new.body)
        AND NOT (pieces.first = new.first AND pieces.written_at = :now)
)
INSERT INTO pieces (run, attempt, first, written_at, body)
SELECT run, attempt, first, :now, body FROM new
ON CONFLICT (run, attempt, first, written_at) DO UPDATE SET body = excluded.body
"""

DROP = """
DELETE FROM pieces
WHERE run = :run AND attempt = :attempt AND first >= :first AND first < :last
"""

READ = """
SELECT run, attempt, first, body FROM pieces
WHERE run = :run AND attempt = :attempt
    AND first > CAST(:since AS BIGINT) - :longest
    AND first + octet_length(body) > CAST(:since AS BIGINT)
ORDER BY first, written_at LIMIT :limit
"""

WRITTEN = """
SELECT first + octet_length(body) FROM pieces
WHERE run = :run AND attempt = :attempt
ORDER BY first DESC LIMIT 1
"""
