"""Statements that note ticks and bound the history."""

CONTINUE_TICKS = """
UPDATE ticks SET ticks = ticks + 1, last_at = CASE WHEN :now > last_at THEN :now ELSE last_at END
WHERE id = (SELECT max(id) FROM ticks WHERE host = :host)
    AND first_at <= :now AND last_at >= :earliest
"""

LAST_TICK = "SELECT last_at FROM ticks WHERE host = :host ORDER BY id DESC LIMIT 1"

BEGIN_TICKS = "INSERT INTO ticks (host, first_at, last_at) VALUES (:host, :now, :now)"

TICKS = """
SELECT first_at, last_at FROM ticks
WHERE last_at >= COALESCE((SELECT max(last_at) FROM ticks WHERE last_at <= :since), :since)
    AND first_at <= :until
ORDER BY first_at, last_at
"""

JOBS_THAT_RAN = """
WITH RECURSIVE names (job) AS (
    SELECT min(job) FROM runs
    UNION ALL
    SELECT (SELECT min(runs.job) FROM runs WHERE runs.job > names.job) FROM names
    WHERE names.job IS NOT NULL
)
SELECT job FROM names WHERE job IS NOT NULL
"""

NEWEST = "SELECT id FROM runs WHERE job = :job ORDER BY created_at DESC, id DESC LIMIT 1"

NEWEST_SUCCESS = """
SELECT id FROM runs WHERE job = :job AND state = 'success'
ORDER BY created_at DESC, id DESC LIMIT 1
"""

NTH_NEWEST = """
SELECT created_at, id FROM runs WHERE job = :job
ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET :count
"""

EXTENT = "SELECT COALESCE(min(id), 0), COALESCE(max(id), -1) FROM runs"

CHUNK = """
SELECT id, job, state, created_at FROM runs WHERE id > :after ORDER BY id LIMIT :count
"""

OUTPUTS = "SELECT output FROM attempts WHERE run = :run AND output <> ''"

REMOVE_RUN = """
DELETE FROM runs WHERE id = :run AND state NOT IN ('queued', 'running', 'retrying')
RETURNING output
"""

SWEEPS = (
    """
    DELETE FROM ticks WHERE id IN (SELECT id FROM ticks WHERE last_at < :before LIMIT :count)
    """,
    """
    DELETE FROM requests WHERE id IN (
        SELECT id FROM requests WHERE answered_at < :before LIMIT :count
    )
    """,
    """
    DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE finished_at < :before LIMIT :count)
    """,
    """
    DELETE FROM sessions WHERE hash IN (
        SELECT hash FROM sessions WHERE expires_at < :now LIMIT :count
    )
    """,
    """
    DELETE FROM answers WHERE key IN (
        SELECT key FROM answers WHERE began_at < :day_ago LIMIT :count
    )
    """,
    """
    DELETE FROM tokens WHERE id IN (
        SELECT id FROM tokens WHERE revoked_at < :long_before OR expires_at < :long_before
        LIMIT :count
    )
    """,
    """
    DELETE FROM audit WHERE id IN (
        SELECT id FROM audit WHERE happened_at < :long_before LIMIT :count
    )
    """,
)

OLD_DAYS = (
    "DELETE FROM days WHERE day = (SELECT min(day) FROM days) AND day < :day",
    "DELETE FROM durations WHERE week = (SELECT min(week) FROM durations) AND week < :week",
)
