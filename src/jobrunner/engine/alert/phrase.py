"""What a notice says to people: a title of one line, and a text of a few."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from jobrunner.config.spelling import shown
from jobrunner.engine.alert.notice import Notice
from jobrunner.words import numbered, short

# What a kind of event is called in a CloudEvent: dev.jobrunner.….v1
KINDS = {
    "failure": "run.failed",
    "timeout": "run.timeout",
    "lost": "run.lost",
    "success": "run.success",
    "recovered": "run.recovered",
    "slow": "run.slow",
    "too_fast": "run.too_fast",
    "output": "run.output",
    "retrying": "run.retrying",
    "missed": "slot.missed",
    "skipped": "slot.skipped",
    "ended": "job.ended",
    "breaker_open": "breaker.open",
    "breaker_closed": "breaker.closed",
    "tick_late": "tick.late",
    "config_invalid": "config.invalid",
    "test": "test",
}


TRIGGERS = {"manual": "by hand", "api": "over the API", "catch_up": "catch-up"}


def kind(event: str) -> str:
    return f"dev.jobrunner.{KINDS.get(event, event)}.v1"


def title(notice: Notice) -> str:
    """The event in one line."""
    say = TITLES.get(notice.event)
    return shown(say(notice) if say else f"{notice.job} {notice.event}".strip())


def lines(notice: Notice, host: str) -> Iterator[str]:
    """What else is to be known, a line each."""
    if notice.description:
        yield notice.description
    if notice.message:
        yield f"It says: {notice.message}"
    yield from _run(notice, host)
    if notice.event == "config_invalid":
        yield from notice.reason.splitlines()
    if notice.docs:
        yield f"What to do: {notice.docs}"
    if notice.run_id and notice.has_output:
        yield f"All of its output: jobrunner logs {notice.run_id}"
    elif notice.event in {"missed", "skipped"}:
        yield f"More: jobrunner why {notice.job}"


def _run(notice: Notice, host: str) -> Iterator[str]:
    told = [f"run #{notice.run_id}"] if notice.run_id else []
    if notice.attempt and notice.max_attempts and notice.max_attempts > 1:
        told.append(f"attempt {notice.attempt} of {notice.max_attempts}")
    told.append(f"on {host}")
    if notice.trigger and notice.trigger != "schedule":
        told.append(TRIGGERS.get(notice.trigger, notice.trigger))
    yield ", ".join(told)
    if notice.scheduled_for:
        yield f"Planned for {moment(notice.scheduled_for)}"
    if notice.started_at and notice.duration_seconds is not None:
        took = length(notice.duration_seconds)
        yield f"Started {moment(notice.started_at)}, took {took}"
    if notice.next_attempt_at:
        yield f"The next attempt is at {moment(notice.next_attempt_at)}"


def moment(text: str) -> str:
    """An instant of a notice as people read it: "Fri 2026-11-20 02:30 +01:00"."""
    there = datetime.fromisoformat(text)
    time = f"{there:%H:%M:%S}" if there.second else f"{there:%H:%M}"
    offset = there.strftime("%z")
    zone = "UTC" if offset == "+0000" else f"{offset[:3]}:{offset[3:5]}"
    return f"{there:%a %Y-%m-%d} {time} {zone}"


def length(seconds: float | None) -> str:
    """A duration of a notice in words."""
    return short(timedelta(seconds=seconds or 0))


def _failed(word: str, notice: Notice) -> str:
    failures, reason = notice.consecutive_failures or 1, notice.reason.partition("\n")[0]
    if notice.is_reminder:
        broken = length(notice.broken_for_seconds)
        start = f"{notice.job} still fails, {failures} times in {broken}"
    elif failures > 1:
        start = f"{notice.job} {word} {failures} times in a row"
    else:
        start = f"{notice.job} {word}"
    return f"{start}: {reason}" if reason else start


def _recovered(notice: Notice) -> str:
    broken = length(notice.broken_for_seconds)
    failures = numbered(notice.consecutive_failures or 1, "failure")
    return f"{notice.job} is well again, after {failures} in {broken}"


def _took(notice: Notice) -> str:
    return length(notice.duration_seconds)


def _slow(notice: Notice) -> str:
    if notice.status == "running":
        after = length(notice.limit_seconds or notice.usual_seconds)
        source = "slow_after" if notice.limit_seconds else "twice what is usual"
        return f"{notice.job} is slow: it still runs after {after} ({source})"
    if notice.limit_seconds is not None:
        limit = f"longer than {length(notice.limit_seconds)} (slow_after)"
    else:
        limit = f"usually at most {length(notice.usual_seconds)}"
    return f"{notice.job} is slow: it took {_took(notice)}, {limit}"


def _too_fast(notice: Notice) -> str:
    usual = length(notice.usual_seconds)
    return f"{notice.job} was too fast: it took {_took(notice)}, usually {usual}"


def _left_out(word: str, notice: Notice) -> str:
    if notice.slots:
        first, last = moment(notice.scheduled_for), moment(notice.slots_until)
        slots = f"{numbered(notice.slots, 'slot')}, {first} to {last}"
        return f"{notice.job} {word} {slots}: {notice.reason}"
    slot = f" its slot of {moment(notice.scheduled_for)}" if notice.scheduled_for else " a run"
    return f"{notice.job} {word}{slot}: {notice.reason}"


def _retrying(notice: Notice) -> str:
    number = f"attempt {notice.attempt} of {notice.max_attempts}"
    return f"{notice.job} failed in {number}: {notice.reason}; it is tried again"


def _tick_late(notice: Notice) -> str:
    gap = length(notice.broken_for_seconds)
    missed = numbered(notice.missed or 0, "slot")
    return f"no tick for {gap}: {missed} missed, {notice.caught_up or 0} caught up"


def _config(notice: Notice) -> str:
    if notice.status == "mended":
        return "jobs.toml is in order again, and in force"
    return "jobs.toml cannot be used; the last good one goes on"


TITLES: Mapping[str, Callable[[Notice], str]] = {
    "failure": lambda notice: _failed("failed", notice),
    "timeout": lambda notice: _failed("timed out", notice),
    "lost": lambda notice: _failed("was lost", notice),
    "recovered": _recovered,
    "success": lambda notice: f"{notice.job} succeeded in {_took(notice)}",
    "slow": _slow,
    "too_fast": _too_fast,
    "output": lambda notice: f"{notice.job} printed something",
    "retrying": _retrying,
    "missed": lambda notice: _left_out("missed", notice),
    "skipped": lambda notice: _left_out("skipped", notice),
    "ended": lambda notice: f"{notice.job} has ended: it has no slot any more",
    "breaker_open": lambda notice: f"breaker {notice.breaker} is open, after {notice.job} failed",
    "breaker_closed": lambda notice: f"breaker {notice.breaker} is closed again",
    "tick_late": _tick_late,
    "config_invalid": _config,
    "test": lambda _: "a test: this channel works",
}
