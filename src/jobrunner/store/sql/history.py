"""Statements that tell what was."""

from jobrunner.model.run import Trigger
from jobrunner.store.value import RunFilter

_COLUMNS = """
    id, job, scheduled_for, slot_of, slots_until, slots, place, trigger, state, reason, params,
    asked_by, host, owner, definition, created_at, attempts, next_attempt_at, started_at,
    finished_at, exit_code, signal, duration, cpu, max_rss, message, result, error, output,
    output_size, output_cut
"""

RUNS = f"SELECT {_COLUMNS} FROM runs\n"  # noqa: S608 - a constant

RUN = RUNS + "WHERE id = :run"

LIVE = RUNS + "WHERE state IN ('queued', 'running', 'retrying') ORDER BY id"

LIVE_OF = RUNS + "WHERE state IN ('queued', 'running', 'retrying') AND owner = :owner ORDER BY id"

LATEST = RUNS + "WHERE job = :job ORDER BY created_at DESC, id DESC LIMIT :count"

LAST_SUCCESS = """
SELECT finished_at FROM runs WHERE job = :job AND state = 'success'
ORDER BY created_at DESC, id DESC LIMIT 1
"""

# Of so many jobs at once, which costs half of what as many statements do.
AT_ONCE = 50
_NAMES = ", ".join(f"(:job{number})" for number in range(AT_ONCE))

# From when the last that is wanted was written on: those that were written with it come too.
LATEST_OF_MANY = f"""
WITH wanted (name) AS (VALUES {_NAMES})
SELECT {_COLUMNS} FROM wanted JOIN runs ON job = wanted.name AND created_at >= COALESCE((
    SELECT newest.created_at FROM runs AS newest WHERE newest.job = wanted.name
    ORDER BY newest.created_at DESC, newest.id DESC LIMIT 1 OFFSET :count - 1
), 0)
ORDER BY job, created_at DESC, id DESC
"""  # noqa: S608 - constants

# What was left out is found, and all of a job's counted, by indexes alone: no row is read for it.
_LEFT_OUT = """
SELECT id FROM runs WHERE job = :job AND state IN ('skipped', 'missed')
    AND state IN ('failed', 'timeout', 'stopped', 'lost', 'skipped', 'missed')
"""

EXECUTIONS_COUNT = f"""
SELECT (SELECT count(*) FROM runs WHERE job = :job)
    - (SELECT count(*) FROM ({_LEFT_OUT}) AS left_out)
"""  # noqa: S608 - constants

EXECUTIONS = f"""
{RUNS} WHERE id IN (
    SELECT id FROM runs WHERE job = :job AND id NOT IN ({_LEFT_OUT})
    ORDER BY created_at DESC, id DESC LIMIT :count OFFSET :skip
)
ORDER BY created_at DESC, id DESC
"""  # noqa: S608 - constants

ATTEMPTS = """
SELECT
    run, number, state, reason, host, owner, definition, started_at, finished_at, exit_code, signal,
    duration, cpu, max_rss, message, result, error, output, output_size, output_cut
FROM attempts WHERE run = :run ORDER BY number
"""

DEFINITION = "SELECT text FROM definitions WHERE fingerprint = :fingerprint"

DAYS = """
SELECT job, state, sum(slots), sum(duration), max(longest), sum(cpu) FROM days
WHERE day >= :day GROUP BY job, state
"""

# One look for each job of each day that there is: the tables are in the order of days and weeks.
_JOBS = f"wanted (name) AS (VALUES {_NAMES})"
_KNOWN_DAYS = """known (day) AS (
    SELECT min(day) FROM days WHERE day >= :day
    UNION ALL
    SELECT (SELECT min(days.day) FROM days WHERE days.day > known.day) FROM known
    WHERE known.day IS NOT NULL
)"""
_KNOWN_WEEKS = """known (week) AS (
    SELECT min(week) FROM durations WHERE week >= :week
    UNION ALL
    SELECT (SELECT min(durations.week) FROM durations WHERE durations.week > known.week) FROM known
    WHERE known.week IS NOT NULL
)"""

DAYS_OF = f"""
WITH RECURSIVE {_KNOWN_DAYS}
SELECT job, state, sum(slots), sum(duration), max(longest), sum(cpu)
FROM known JOIN days ON days.day = known.day AND days.job = :job
GROUP BY job, state
"""  # noqa: S608 - constants

SUCCESSES_OF = f"""
WITH RECURSIVE {_KNOWN_DAYS}
SELECT job, days.day, duration / slots
FROM known JOIN days ON days.day = known.day AND days.job = :job
WHERE state = 'success' ORDER BY days.day
"""  # noqa: S608 - constants

DURATIONS_OF = f"""
WITH RECURSIVE {_KNOWN_WEEKS}
SELECT job, step, sum(runs)
FROM known JOIN durations ON durations.week = known.week AND durations.job = :job
GROUP BY job, step ORDER BY job, step
"""  # noqa: S608 - constants

DAYS_OF_MANY = f"""
WITH RECURSIVE {_JOBS}, {_KNOWN_DAYS}
SELECT job, state, sum(slots), sum(duration), max(longest), sum(cpu)
FROM wanted CROSS JOIN known JOIN days ON days.day = known.day AND days.job = wanted.name
GROUP BY job, state
"""  # noqa: S608 - constants

SUCCESSES_OF_MANY = f"""
WITH RECURSIVE {_JOBS}, {_KNOWN_DAYS}
SELECT job, days.day, duration / slots
FROM known CROSS JOIN wanted JOIN days ON days.day = known.day AND days.job = wanted.name
WHERE state = 'success' ORDER BY days.day
"""  # noqa: S608 - constants

DURATIONS_OF_MANY = f"""
WITH RECURSIVE {_JOBS}, {_KNOWN_WEEKS}
SELECT job, step, sum(runs)
FROM wanted CROSS JOIN known
JOIN durations ON durations.week = known.week AND durations.job = wanted.name
GROUP BY job, step ORDER BY job, step
"""  # noqa: S608 - constants

SUCCESSES = """
SELECT job, day, duration / slots FROM days WHERE day >= :day AND state = 'success' ORDER BY day
"""

SUCCESSFUL = """
SELECT job, CAST(sum(CASE WHEN state = 'success' THEN slots ELSE 0 END) AS BIGINT) FROM days
WHERE day >= :day GROUP BY job
"""

# Rows are written in the order of time, so that the newest lie together.
TOOK = """
SELECT job, finished_at / 86400000000, duration FROM runs
WHERE id >= (SELECT id FROM runs WHERE created_at >= :since ORDER BY created_at, id LIMIT 1)
    AND state = 'success' AND finished_at >= :first AND duration IS NOT NULL
"""

TOOK_OF = """
SELECT job, finished_at / 86400000000, duration FROM runs
WHERE job = :job AND created_at >= :since
    AND state = 'success' AND finished_at >= :first AND duration IS NOT NULL
"""

TOTALS = "SELECT job, state, upto, slots, attempts, duration FROM totals"

DURATIONS = """
SELECT job, step, sum(runs) FROM durations WHERE week >= :week GROUP BY job, step ORDER BY job, step
"""

_CONDITIONS = (
    ("job", "job = :job"),
    ("trigger", "trigger = :trigger"),
    ("host", "host = :host"),
    ("since", "created_at >= :since"),
    ("until", "created_at < :until"),
    ("before", "(created_at, id) < (SELECT created_at, id FROM runs WHERE id = :before)"),
)
# A state or a trigger that an index of its own serves: that index is asked for by repeating its
# condition.
_OF_STATE = {
    "rare": "state = :state"
    " AND state IN ('failed', 'timeout', 'stopped', 'lost', 'skipped', 'missed')",
    "live": "state = :state AND state IN ('queued', 'running', 'retrying')",
    "usual": "state = :state",
}
RARE = frozenset({"failed", "timeout", "stopped", "lost", "skipped", "missed"})
LIVING = frozenset({"queued", "running", "retrying"})
_BY_HAND = "trigger <> 'schedule'"


def page(wanted: RunFilter, state: str | None) -> str:
    """The statement for one page of runs: in one state, or in any."""
    conditions = _conditions(wanted, state)
    where = ["WHERE " + " AND ".join(conditions)] if conditions else []
    return "\n".join([RUNS, *where, "ORDER BY created_at DESC, id DESC LIMIT :limit"])


def heads(wanted: RunFilter, state: str | None) -> str:
    """The statement for the newest run that is wanted of each of many jobs."""
    conditions = " AND ".join(["job = wanted.name", *_conditions(wanted, state)])
    return f"""
WITH wanted (name) AS (VALUES {_NAMES})
SELECT newest.created_at, newest.id, newest.job FROM wanted JOIN runs AS newest ON newest.id = (
    SELECT id FROM runs WHERE {conditions} ORDER BY created_at DESC, id DESC LIMIT 1
)
"""  # noqa: S608 - conditions are constants


def _conditions(wanted: RunFilter, state: str | None) -> list[str]:
    conditions = [text for field, text in _CONDITIONS if getattr(wanted, field) is not None]
    if wanted.trigger not in {None, Trigger.SCHEDULE}:
        conditions.append(_BY_HAND)
    if state is not None:
        kind = "rare" if state in RARE else "live" if state in LIVING else "usual"
        conditions.append(_OF_STATE[kind])
    return conditions
