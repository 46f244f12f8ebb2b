"""Statements about deliveries, and the functions of Procrastinate that move its jobs."""

# The functions that are called below; a test asks every version that may be installed for them.
FUNCTIONS = (
    "procrastinate_defer_jobs_v1",
    "procrastinate_fetch_job_v2",
    "procrastinate_finish_job_v1",
)

CLAIMED = """
INSERT INTO claims (run, host, claimed_at)
SELECT run, :host, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
FROM unnest(:runs::bigint[]) AS taken (run)
ON CONFLICT (run) DO NOTHING
"""

ADDRESS = """
INSERT INTO deliveries (run, route, priority, overlap)
SELECT * FROM unnest(:runs::bigint[], :routes::text[], :priorities::bigint[], :overlaps::text[])
"""

# What waits for anybody and has no address may go to anybody.
ADDRESS_ANEW = """
INSERT INTO deliveries (run) SELECT * FROM unnest(:runs::bigint[]) ON CONFLICT (run) DO NOTHING
"""

ADDRESSES = "SELECT run, route, priority FROM deliveries WHERE run = ANY(:runs::bigint[])"

# A run is in the queue at most once: what waits there has a lock of its own.
DEFER = """
SELECT procrastinate_defer_jobs_v1(ARRAY(
    SELECT ROW(
        queue, 'jobrunner', priority, NULL, 'run ' || run, jsonb_build_object('run', run),
        to_timestamp(at / 1000000.0)
    )::procrastinate_job_to_defer_v1
    FROM unnest(:queues::text[], :priorities::int[], :runs::bigint[], :ats::bigint[])
    AS waiting (queue, priority, run, at)
))
"""

SEND = """
UPDATE deliveries SET parcel = sent.parcel
FROM unnest(:runs::bigint[], :parcels::bigint[]) AS sent (run, parcel)
WHERE deliveries.run = sent.run
"""

# Each call sees what those before it took; the one that finds nothing is the last, and answers with
# NULLs.  Without a sort the most urgent is the first of an index, however many wait.
FETCH = """
WITH RECURSIVE fetched (number, parcel) AS (
    SELECT 1, procrastinate_fetch_job_v2(:queues::varchar[], :worker)
    FROM set_config('enable_sort', 'off', true)
    UNION ALL
    SELECT number + 1, procrastinate_fetch_job_v2(:queues::varchar[], :worker)
    FROM fetched WHERE number < :most AND (parcel).id IS NOT NULL
)
SELECT (parcel).id, ((parcel).args ->> 'run')::bigint FROM fetched
"""

# By their numbers, and by no index of all that wait.
TAKE = """
UPDATE runs SET owner = :owner, host = :host
WHERE id = ANY(:runs::bigint[]) AND (state IN ('queued', 'retrying')) IS TRUE AND owner = ''
RETURNING
    id, job, scheduled_for, slot_of, slots_until, slots, place, trigger, state, reason, params,
    asked_by, host, owner, definition, created_at, attempts, next_attempt_at, started_at,
    finished_at, exit_code, signal, duration, cpu, max_rss, message, result, error, output,
    output_size, output_cut
"""

OVERLAPS = """
SELECT run, overlap FROM deliveries WHERE run = ANY(:runs::bigint[]) AND overlap <> ''
"""

RELEASE = """
UPDATE runs SET owner = ''
WHERE id = ANY(:runs::bigint[]) AND state = 'retrying'
    AND EXISTS (SELECT 1 FROM deliveries WHERE run = runs.id)
RETURNING id
"""

LET_GO = """
UPDATE runs SET owner = '', host = CASE WHEN attempts = 0 THEN '' ELSE host END
WHERE id = :run AND owner = :owner AND state IN ('queued', 'retrying')
    AND EXISTS (SELECT 1 FROM deliveries WHERE run = runs.id)
RETURNING next_attempt_at
"""

END_PARCELS = """
SELECT procrastinate_finish_job_v1(procrastinate_jobs.id, 'succeeded', true)
FROM deliveries JOIN procrastinate_jobs ON procrastinate_jobs.id = deliveries.parcel
WHERE deliveries.run = ANY(:runs::bigint[]) AND procrastinate_jobs.status IN ('todo', 'doing')
"""

END_STRAYS = """
SELECT procrastinate_finish_job_v1(id, 'succeeded', true)
FROM procrastinate_jobs WHERE id = ANY(:parcels::bigint[]) AND status IN ('todo', 'doing')
"""

HOLD = """
SELECT id FROM procrastinate_jobs
WHERE id IN (SELECT parcel FROM deliveries WHERE run = ANY(:runs::bigint[]))
ORDER BY id FOR UPDATE
"""

FORGET = "DELETE FROM deliveries WHERE run = ANY(:runs::bigint[])"

QUEUED = """
SELECT
    count(*) FILTER (WHERE scheduled_at IS NULL OR scheduled_at <= now()),
    (extract(epoch FROM min(scheduled_at) FILTER (WHERE scheduled_at > now())) * 1000000)::bigint
FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = ANY(:queues::varchar[])
"""

ELSEWHERE = """
SELECT
    id, job, scheduled_for, slot_of, slots_until, slots, place, trigger, state, reason, params,
    asked_by, host, owner, definition, created_at, attempts, next_attempt_at, started_at,
    finished_at, exit_code, signal, duration, cpu, max_rss, message, result, error, output,
    output_size, output_cut
FROM runs
WHERE state IN ('running', 'retrying') AND owner <> :owner AND job = ANY(:jobs::text[])
"""

# The channels on which hosts listen: Procrastinate's for what is queued, and ours for all else.
QUEUED_ANYWHERE = "procrastinate_any_queue_v1"
OURS = "jobrunner"

RING = "SELECT pg_notify('jobrunner', 'asked')"

# What waits for any host, with its way and since when.
UNTAKEN = """
SELECT deliveries.run, runs.job, deliveries.route, deliveries.priority, runs.created_at
FROM deliveries JOIN runs ON runs.id = deliveries.run
WHERE runs.owner = '' AND runs.state IN ('queued', 'retrying') AND deliveries.run > :after
ORDER BY deliveries.run LIMIT :most
"""

REROUTE = """
UPDATE deliveries SET route = :route, priority = :priority WHERE run = :run
"""

UNTAKEN_RUN = """
SELECT next_attempt_at FROM runs
WHERE id = :run AND owner = '' AND state IN ('queued', 'retrying') FOR UPDATE
"""

HEAL_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('jobrunner.heal'))"

# Runs that wait for any host and are in no queue.
UNSENT = """
SELECT runs.id, runs.next_attempt_at FROM runs
WHERE runs.state IN ('queued', 'retrying') AND runs.owner = ''
    AND NOT EXISTS (
        SELECT 1 FROM deliveries JOIN procrastinate_jobs ON procrastinate_jobs.id = parcel
        WHERE deliveries.run = runs.id AND status = 'todo'
    )
ORDER BY runs.id LIMIT :most
FOR UPDATE OF runs SKIP LOCKED
"""

# Parcels of ours that no delivery knows.
END_FORGOTTEN = """
SELECT procrastinate_finish_job_v1(id, 'succeeded', true)
FROM (
    SELECT id FROM procrastinate_jobs
    WHERE task_name = 'jobrunner' AND status IN ('todo', 'doing')
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE parcel = procrastinate_jobs.id)
    LIMIT :most
    FOR UPDATE SKIP LOCKED
) AS forgotten
"""

CLAIMS = "SELECT run, host, claimed_at FROM claims WHERE run = ANY(:runs::bigint[])"
