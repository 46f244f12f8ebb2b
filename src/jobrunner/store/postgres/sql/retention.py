"""Statements that bound the history of a ledger that many hosts write, many rows at a time."""

# Up to where the rows of each job go, by time and number; two of each stay whatever happens.
_OLD = """
SELECT old.id FROM unnest(
    CAST(:jobs AS TEXT[]), CAST(:counts AS BIGINT[]),
    CAST(:befores AS BIGINT[]), CAST(:failures_befores AS BIGINT[])
) AS wanted (job, count, before, failures_before)
LEFT JOIN LATERAL (
    SELECT id FROM runs WHERE runs.job = wanted.job
    ORDER BY created_at DESC, id DESC LIMIT 1
) AS newest ON true
LEFT JOIN LATERAL (
    SELECT id FROM runs WHERE runs.job = wanted.job AND state = 'success'
    ORDER BY created_at DESC, id DESC LIMIT 1
) AS success ON true
LEFT JOIN LATERAL (
    SELECT created_at AS at, id FROM runs WHERE runs.job = wanted.job
    ORDER BY created_at DESC, id DESC OFFSET wanted.count LIMIT 1
) AS one_too_many ON true
LEFT JOIN LATERAL (
    SELECT created_at AS at, id FROM runs WHERE runs.job = wanted.job
    ORDER BY created_at DESC, id DESC OFFSET 2 * wanted.count LIMIT 1
) AS twice_too_many ON true
CROSS JOIN LATERAL (
    SELECT
        GREATEST(one_too_many.at, before) AS at,
        CASE WHEN one_too_many.at >= before THEN one_too_many.id ELSE -1 END AS id,
        GREATEST(twice_too_many.at, failures_before) AS failures_at,
        CASE WHEN twice_too_many.at >= failures_before THEN twice_too_many.id ELSE -1 END
            AS failures_id
) AS bound
CROSS JOIN LATERAL (
    SELECT id FROM runs
    WHERE runs.job = wanted.job AND (created_at, id) <= (bound.at, bound.id)
        AND state NOT IN ('queued', 'running', 'retrying')
        AND id IS DISTINCT FROM newest.id AND id IS DISTINCT FROM success.id
        AND (
            state NOT IN ('failed', 'timeout', 'lost', 'missed')
            OR (created_at, id) <= (bound.failures_at, bound.failures_id)
        )
    ORDER BY created_at, id LIMIT :most
) AS old
LIMIT :most
"""

COUNT = f"SELECT count(*) FROM ({_OLD}) AS old"  # noqa: S608 - constants

REMOVE = f"""
WITH old AS ({_OLD}), gone AS (
    DELETE FROM runs USING old
    WHERE runs.id = old.id AND state NOT IN ('queued', 'running', 'retrying')
    RETURNING runs.id, output
)
SELECT gone.id, gone.output, COALESCE(attempts.output, '')
FROM gone LEFT JOIN attempts ON attempts.run = gone.id
"""  # noqa: S608 - constants

JOBS_THAT_RAN = """
WITH RECURSIVE names (job, n) AS (
    (SELECT job, 1 FROM runs WHERE job > :after ORDER BY job LIMIT 1)
    UNION ALL
    SELECT following.job, n + 1 FROM names CROSS JOIN LATERAL (
        SELECT job FROM runs WHERE runs.job > names.job ORDER BY job LIMIT 1
    ) AS following
    WHERE n < :count
)
SELECT job FROM names ORDER BY n
"""
