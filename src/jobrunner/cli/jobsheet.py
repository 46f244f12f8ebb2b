"""One job in full on a terminal: a line for each thing to know about it."""

import textwrap
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo

import msgspec

from jobrunner.cli import output, table, timezone
from jobrunner.cli.moment import coming, near, whole
from jobrunner.config.spelling import shown
from jobrunner.engine.report.detail import DAYS, SHOWN_RUNS, Detail, Setting
from jobrunner.engine.report.facts import Ran
from jobrunner.engine.report.health import LATE
from jobrunner.words import numbered, short

LABEL = 14
NOTE = 72
TITLE = 65
LONGEST_COMMAND = 200
PLAIN_SHELL = "1 line; /bin/sh -c"
# The keys that each line speaks for.
KEYS = {
    "docs": ("docs",),
    "schedule": ("cron", "every", "at", "schedules", "after", "every_from", "timezone", "dst"),
    "command": ("command", "http", "python", "sql", "shell"),
    "runs as": ("user", "group", "cwd", "umask"),
    "limits": ("timeout", "stop_signal", "kill_after", "slow_after", "limits"),
    "retries": ("retry",),
    "overlap": ("overlap", "max_instances", "lock", "pool", "catch_up", "max_catch_up", "grace"),
    "alerts": ("notify", "notify_on", "notify_after"),
    "breaker": ("breaker",),
}
TOLD = frozenset({"description", "tags", *(key for keys in KEYS.values() for key in keys)})


def show(found: Detail, now: datetime, *, verbose: bool) -> None:
    output.say(_title(found))
    for label, texts in _lines(found, now):
        for number, text in enumerate(filter(None, texts)):
            _line(
                "" if number else label,
                text,
                "" if number else _sources(found, label) if label in KEYS else "",
            )
    untold = [one for one in found.settings if verbose or _table(one) not in TOLD]
    for number, one in enumerate(untold):
        _line("" if number else "settings", f"{one.key} = {_value(one)}", _source(one))
    output.tell()
    output.tell(
        f"jobrunner logs {found.name}, jobrunner run {found.name}, jobrunner edit {found.name}"
    )


def _title(found: Detail) -> str:
    title = f"{found.name}: {shown(found.description)}" if found.description else found.name
    failures = found.consecutive_failures
    row = f", {failures} in a row" if failures > 1 else ""
    state = output.tinted(found.status, f"{found.status}{row}")
    told = " ".join(filter(None, (output.sign(found.status), state)))
    room = min(TITLE, table.columns() - table.seen_width(told))
    beside = table.padded(output.style(title, bold=True), room)
    return f"{beside}{told}" if table.seen_width(title) < room else f"{beside}  {told}"


def _lines(found: Detail, now: datetime) -> Iterator[tuple[str, list[str]]]:
    """Each line's label, and its texts below each other; a line without any is left out."""
    yield "docs", [shown(found.docs)]
    yield "tags", [shown(", ".join(found.tags))]
    yield "defined", [shown(found.source)]
    yield "schedule", [_schedule(found)]
    yield "next", _next(found, now)
    yield "paused", [_paused(found, now)]
    yield "command", [_command(found)]
    yield "runs as", [shown(found.runs_as)]
    yield "limits", [found.limits_text]
    yield "retries", [found.retries_text]
    yield "overlap", [found.overlap_text]
    yield "breaker", [_breaker(found, now)]
    yield "alerts", [found.alerts_text]
    yield f"last {SHOWN_RUNS}", [_runs(found, now)]
    yield "usual time", [_usual(found)]


def _schedule(found: Detail) -> str:
    words = f"{found.schedule_text}, {found.timezone}" if found.upcoming or found.cron else ""
    return f"{shown(found.schedule)}   {words}".rstrip()


def _next(found: Detail, now: datetime) -> list[str]:
    """The next slot in the job's zone and, if it is another one, here; then those after it."""
    if not found.upcoming:
        return [found.status if found.status in {"disabled", "ended"} else "-"]
    info = timezone.seen(found.upcoming[0].tzinfo)
    first, *others = (slot.astimezone(info) for slot in found.upcoming)
    here = first.astimezone(timezone.here().info)
    same = here.utcoffset() == first.utcoffset()
    also = "" if same else f" = {here:%H:%M} {here.tzname()}"
    return [
        f"{whole(first, info)}{also}   {coming(first, now, info)}",
        ", ".join(_others(first, others)),
        found.clock_change,
        output.tinted("failed", _overdue(found.next_run_at, now, info)),
    ]


def _overdue(slot: datetime | None, now: datetime, zone: tzinfo) -> str:
    """That no tick has seen to a slot in time."""
    return f"overdue since {whole(slot, zone)}" if slot and now - slot > LATE else ""


def _others(first: datetime, slots: Iterable[datetime]) -> Iterator[str]:
    """The slots after the first, each with its day if that is another than the one before."""
    for slot in slots:
        time = f"{slot:%H:%M:%S}" if slot.second else f"{slot:%H:%M}"
        day = "" if slot.date() == first.date() else f"{slot:%a} {slot.day} {slot:%b} "
        yield f"{day}{time}"
        first = slot


def _paused(found: Detail, now: datetime) -> str:
    if not found.paused:
        return ""
    until = (
        f"until {near(found.paused_until, now, _here())}" if found.paused_until else "until resumed"
    )
    reason = f": {shown(found.paused_reason)}" if found.paused_reason else ""
    return f"{until}, by {shown(found.paused_by or 'somebody')}{reason}"


def _command(found: Detail) -> str:
    """The command on one line; of a long one its beginning."""
    text = "; ".join(line.strip() for line in (found.command or "").splitlines() if line.strip())
    cut = text if len(text) <= LONGEST_COMMAND else f"{text[:LONGEST_COMMAND]} ..."
    through = f"   ({found.shell_text})" if found.shell_text not in {"", PLAIN_SHELL} else ""
    return f"{shown(cut)}{shown(through)}"


def _breaker(found: Detail, now: datetime) -> str:
    if found.breaker is None:
        return ""
    until = found.breaker_until
    waits = f" until {whole(until, _here())}" if until and until > now else ""
    state = found.breaker.replace("_", " ")
    told = state if found.breaker == "closed" else output.tinted("failed", state)
    return f"{told}{waits}; {found.breaker_text}"


def _runs(found: Detail, now: datetime) -> str:
    if not found.last_runs:
        return "never ran"
    are_many = table.are_many(run.host for run in found.last_runs)
    runs = enumerate(found.last_runs)
    return table.GAP.join(_run(run, now, is_first=not n, with_host=are_many) for n, run in runs)


def _run(run: Ran, now: datetime, *, is_first: bool, with_host: bool) -> str:
    """One of the last runs: sign, number, how it ended, how long it took; when, of the first.

    Where several hosts ran the job, each run says on which.
    """
    mark = output.sign(run.state)
    at = run.scheduled_for or run.started_at
    when = near(at, now, timezone.seen(at.tzinfo)) if at and is_first else ""
    word = "" if run.state == "success" else _how(run)
    took = (
        short(timedelta(seconds=run.duration_seconds)) if run.duration_seconds is not None else ""
    )
    where = f"on {run.host}" if with_host and run.host else ""
    return " ".join(filter(None, (mark, f"#{run.id}", when, word, took, where)))


def _how(run: Ran) -> str:
    if run.state == "failed" and run.exit_code:
        return f"exit {run.exit_code}"
    return f"signal {run.signal}" if run.signal is not None else run.state.value


def _usual(found: Detail) -> str:
    if found.p50_seconds is None or found.p95_seconds is None:
        return f"no success in {DAYS} days"
    p50, p95 = (short(timedelta(seconds=s)) for s in (found.p50_seconds, found.p95_seconds))
    return f"p50 {p50}, p95 {p95} over {numbered(found.successes, 'run')}"


def _sources(found: Detail, label: str) -> str:
    """Which keys of a line are set in [defaults]; of retries, how they go on."""
    keys = dict.fromkeys(
        _table(one) for one in found.settings if one.from_defaults and _table(one) in KEYS[label]
    )
    notes = [f"{', '.join(keys)}: [defaults]"] if keys else []
    if label == "retries" and found.retries_text != "none":
        notes.insert(0, f"backoff {found.backoff}")
    return f"({'; '.join(notes)})" if notes else ""


def _table(setting: Setting) -> str:
    """The key itself, or the one of the table it is in."""
    return setting.key.partition(".")[0]


def _source(setting: Setting) -> str:
    where = setting.source.rpartition("/")[2]
    return f"([defaults], {where})" if setting.from_defaults else f"({where})"


def _value(setting: Setting) -> str:
    return shown(msgspec.json.encode(setting.value).decode())


def _here() -> tzinfo:
    return timezone.here().info


def _line(label: str, text: str, note: str) -> None:
    """A labelled line; its note stands to the right of it, or below where there is no room."""
    room = max(table.columns() - LABEL, LABEL)
    lines = table.wrapped(text, room)
    beside = table.padded(lines[-1], NOTE - LABEL) if note else lines[-1]
    if note and table.seen_width(beside) + len(note) <= room:
        lines[-1] = f"{beside}{note}" if beside.endswith(" ") else f"{beside} {note}"
    elif note:
        lines += textwrap.wrap(note, room)
    for number, line in enumerate(lines):
        output.say(f"  {'' if number else label:<{LABEL - 2}}{line}".rstrip())
