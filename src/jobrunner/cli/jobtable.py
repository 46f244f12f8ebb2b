"""The jobs as a table on a terminal, and what to say below it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from jobrunner.cli import output, table, timezone
from jobrunner.cli.moment import age, ago, coming, lasting, near
from jobrunner.config.spelling import shown
from jobrunner.engine.report.facts import Ran
from jobrunner.engine.report.health import failing_of
from jobrunner.engine.report.overview import Entry
from jobrunner.words import numbered, short

HEADER = ("JOB", "SCHEDULE", "RECENT", "LAST RUN", "TOOK", "HOST", "NEXT RUN")
# Where there is no room, these go first.
OPTIONAL = ("RECENT", "TOOK", "HOST")
LONGEST_SCHEDULE = 24


def show(entries: Sequence[Entry], now: datetime, *, verbose: bool) -> None:
    if not entries:
        return
    zone = timezone.here().info
    hosts = (entry.last_run.host for entry in entries if entry.last_run)
    table.show(
        HEADER,
        [_row(entry, zone, now) for entry in entries],
        states=[_sign(entry) for entry in entries],
        below=[_more(entry) if verbose else () for entry in entries],
        optional=OPTIONAL,
        without=() if table.are_many(hosts) else ("HOST",),
    )


def _sign(entry: Entry) -> str:
    """A job that fails says so, whatever became of a later slot."""
    is_idle = entry.status in {"skipped", "missed"}
    return "failed" if is_idle and entry.consecutive_failures else entry.status


def _row(entry: Entry, zone: tzinfo, now: datetime) -> tuple[str, ...]:
    last = entry.last_run
    took = last.duration_seconds if last else None
    return (
        entry.name,
        _short_schedule(entry.schedule),
        output.strip(entry.recent),
        _last(last, now) if last else "never",
        _took(took),
        (last.host if last else "") or "-",
        _next(entry, zone, now),
    )


def _short_schedule(text: str) -> str:
    first, *others = text.split("; ")
    more = f" (+{len(others)})" if others else ""
    room = LONGEST_SCHEDULE - len(more)
    return (first if len(first) <= room else f"{first[: room - 3]}...") + more


def _last(last: Ran, now: datetime) -> str:
    match last.state:
        case "running" if last.started_at:
            text = f"running {lasting(last.started_at, now)}"
        case "retrying" if last.next_attempt_at:
            left = last.next_attempt_at - now
            text = f"retrying in {short(left)}" if left.total_seconds() > 0 else "retrying now"
        case _:
            at = last.finished_at or last.started_at or last.scheduled_for
            text = f"{last.state} {ago(at, now)}" if at else str(last.state)
    return output.tinted(last.state, text)


def _took(seconds: float | None) -> str:
    return "-" if seconds is None else short(timedelta(seconds=seconds))


def _next(entry: Entry, zone: tzinfo, now: datetime) -> str:
    if entry.paused:
        until = entry.paused_until
        return f"paused until {near(until, now, zone)}" if until else "paused"
    if entry.status in {"disabled", "ended"}:
        return entry.status
    told = coming(entry.next_run_at, now, zone) if entry.next_run_at else "-"
    return (
        f"{told}, breaker {_breaker(entry, now)}" if entry.breaker not in {None, "closed"} else told
    )


def _breaker(entry: Entry, now: datetime) -> str:
    if entry.breaker == "open" and entry.breaker_until and entry.breaker_until > now:
        return f"open for {age(entry.breaker_until - now)}"
    return "half open" if entry.breaker == "half_open" else "open"


def _more(entry: Entry) -> list[str]:
    """What -v adds: the schedule in words, the description, why it is paused."""
    paused = f"paused by {entry.paused_by}: {entry.paused_reason}" if entry.paused_reason else ""
    told = [entry.schedule_text or "", entry.description, paused]
    return [shown(". ".join(filter(None, told)))]


def footer(entries: Sequence[Entry], origin: str, now: datetime) -> None:
    zone = timezone.here()
    failing = failing_of(entries)
    states = Counter(entry.status for entry in entries)
    counts = [
        numbered(len(entries), "job"),
        *_counted([("failing", len(failing))]),
        *_counted([(word, states[word]) for word in ("running", "queued", "retrying", "paused")]),
    ]
    times = f"Times in {zone.name} ({now.astimezone(zone.info):%Z})."
    if entries:
        output.tell()
    table.remark(f"{', '.join(counts)}. {times} {shown(origin)}", indent="")
    if failing:
        name = failing[0].name
        table.remark(f"Failing: jobrunner why {name}, jobrunner logs {name}", indent="")


def _counted(counts: Iterable[tuple[str, int]]) -> list[str]:
    return [f"{number:,} {word}" for word, number in counts if number]
