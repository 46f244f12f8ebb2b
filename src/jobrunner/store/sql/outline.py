"""Statements that tell many runs at once, in outline."""

# Of so many jobs at once, which costs half of what as many statements do.
AT_ONCE = 50
_NAMES = ", ".join(f"(:job{number})" for number in range(AT_ONCE))
_WANTED = f"wanted (name) AS (VALUES {_NAMES})"

# From when the last that is wanted was written on: those that were written with it come too.
BRIEFS = f"""
WITH {_WANTED}
SELECT job, id, state, duration
FROM wanted JOIN runs ON job = wanted.name AND created_at >= COALESCE((
    SELECT newest.created_at FROM runs AS newest WHERE newest.job = wanted.name
    ORDER BY newest.created_at DESC, newest.id DESC LIMIT 1 OFFSET :count - 1
), 0)
ORDER BY job, created_at DESC, id DESC
"""  # noqa: S608 - constants

GISTS = f"""
WITH {_WANTED}
SELECT job, started_at, duration, result
FROM wanted JOIN runs ON job = wanted.name AND created_at >= COALESCE((
    SELECT newest.created_at FROM runs AS newest WHERE newest.job = wanted.name
    ORDER BY newest.created_at DESC, newest.id DESC LIMIT 1 OFFSET :count - 1
), 0)
ORDER BY job, created_at DESC, id DESC
"""  # noqa: S608 - constants

# From the last run before that time on, which may have lasted into it.  What began in the same step
# and ended alike is one.
STRETCHES = """
SELECT
    state, min(COALESCE(started_at, scheduled_for, created_at)),
    max(COALESCE(finished_at, :until)), count(*), max(id)
FROM runs
WHERE job = :job AND created_at < :until
    AND created_at >= COALESCE((
        SELECT max(before.created_at) FROM runs AS before
        WHERE before.job = :job AND before.created_at < :since
    ), :since)
    AND (finished_at IS NULL OR finished_at > :since)
GROUP BY state, (created_at - :since) / :step
ORDER BY 2, 5
"""

# One look for each week of each job: the table is in the order of weeks.
USUAL = f"""
WITH RECURSIVE {_WANTED}, weeks (at) AS (
    SELECT CAST(:week AS BIGINT) UNION ALL SELECT at + 1 FROM weeks WHERE at < :last
)
SELECT job, step, sum(runs) FROM wanted CROSS JOIN weeks
JOIN durations ON durations.week = weeks.at AND durations.job = wanted.name
GROUP BY job, step ORDER BY job, step
"""  # noqa: S608 - constants

TALLY = "SELECT state, sum(slots) FROM days WHERE day >= :day GROUP BY state"

TALLY_BY_JOB = "SELECT job, state, sum(slots) FROM days WHERE day >= :day GROUP BY job, state"

_SPAN = """span (at) AS (
    SELECT CAST(:first AS BIGINT) UNION ALL SELECT at + 1 FROM span WHERE at < :last
)"""

TROUBLES_BY_DAY = """
SELECT day, job, state, slots FROM days
WHERE day >= :first AND day <= :last AND state <> 'success' ORDER BY day, job, state
"""

# One look for each day of each job.
TALLY_BY_DAY = f"""
WITH RECURSIVE {_WANTED}, {_SPAN}
SELECT days.day, days.job, state, slots FROM span CROSS JOIN wanted
JOIN days ON days.day = span.at AND days.job = wanted.name ORDER BY days.day, days.job, state
"""  # noqa: S608 - constants

SUMS_BY_DAY = """
SELECT day, state, sum(slots) FROM days
WHERE day >= :first AND day <= :last GROUP BY day, state ORDER BY day, state
"""

SUMS_BY_DAY_OF_MANY = f"""
WITH RECURSIVE {_WANTED}, {_SPAN}
SELECT days.day, state, sum(slots) FROM span CROSS JOIN wanted
JOIN days ON days.day = span.at AND days.job = wanted.name
GROUP BY days.day, state ORDER BY days.day, state
"""  # noqa: S608 - constants

TALLY_OF_DAYS = f"""
WITH RECURSIVE {_SPAN}
SELECT days.day, state, slots FROM span
JOIN days ON days.day = span.at AND days.job = :job ORDER BY days.day, state
"""  # noqa: S608 - constants

# Rows are found by when they were written, and counted on the day on which they ended.
ENDED = """
SELECT finished_at, job, state, slots FROM runs
WHERE created_at >= :since AND created_at < :until AND finished_at IS NOT NULL
ORDER BY created_at, id LIMIT :most
"""

ENDED_OF = """
SELECT finished_at, job, state, slots FROM runs
WHERE job = :job AND created_at >= :since AND created_at < :until AND finished_at IS NOT NULL
ORDER BY created_at, id LIMIT :most
"""

WRITTEN_SINCE = "SELECT count(*) FROM runs WHERE created_at >= :since"

WRITTEN_SINCE_OF = "SELECT count(*) FROM runs WHERE job = :job AND created_at >= :since"

# The conditions are those of the two indexes that hold what is not success.
OTHERS_SINCE = """
SELECT state, count(*) FROM runs
WHERE state IN ('failed', 'timeout', 'stopped', 'lost', 'skipped', 'missed')
    AND created_at >= :since
GROUP BY state
UNION ALL
SELECT state, count(*) FROM runs
WHERE state IN ('queued', 'running', 'retrying') AND created_at >= :since
GROUP BY state
"""

OTHERS_SINCE_BY_JOB = """
SELECT job, state, count(*) FROM runs
WHERE state IN ('failed', 'timeout', 'stopped', 'lost', 'skipped', 'missed')
    AND created_at >= :since
GROUP BY job, state
UNION ALL
SELECT job, state, count(*) FROM runs
WHERE state IN ('queued', 'running', 'retrying') AND created_at >= :since
GROUP BY job, state
"""

MISSED = """
SELECT job, sum(slots), min(scheduled_for), max(COALESCE(slots_until, scheduled_for)) FROM runs
WHERE state = 'missed' AND state IN ('failed', 'timeout', 'stopped', 'lost', 'skipped', 'missed')
    AND created_at >= :since
GROUP BY job ORDER BY job
"""

# Each part is an index's end, or a table with a row for each job at most.
PULSE = """
SELECT
    (SELECT max(id) FROM runs),
    (SELECT count(*) FROM runs WHERE state IN ('queued', 'running', 'retrying')),
    (SELECT sum(id) FROM runs WHERE state IN ('queued', 'running', 'retrying')),
    (SELECT sum(attempts) FROM runs WHERE state IN ('queued', 'running', 'retrying')),
    (
        SELECT sum(CASE WHEN state = 'running' THEN 1 ELSE 0 END) FROM runs
        WHERE state IN ('queued', 'running', 'retrying')
    ),
    (SELECT max(last_at) FROM ticks),
    (SELECT sum(next_at / 1000000) FROM marks),
    (SELECT count(*) FROM marks),
    (SELECT sum(failures) FROM jobs),
    (SELECT count(paused_at) FROM jobs),
    (SELECT sum(paused_at / 1000000) FROM jobs),
    (SELECT sum(paused_until / 1000000) FROM jobs),
    (SELECT sum(failures) FROM breakers),
    (SELECT sum(opened_at / 1000000) FROM breakers),
    (SELECT count(*) FROM breakers WHERE state = 'half_open'),
    (SELECT max(id) FROM requests),
    (SELECT count(*) FROM requests WHERE answered_at IS NULL),
    (SELECT max(id) FROM outbox),
    (SELECT count(*) FROM outbox WHERE state = 'waiting'),
    (SELECT sum(tries) FROM outbox WHERE state = 'waiting'),
    (SELECT max(id) FROM audit)
"""
