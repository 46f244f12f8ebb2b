"""Runs and their times in a few words, for tables and sentences."""

from datetime import datetime, timedelta, tzinfo

from jobrunner.model.run import Attempt, Run, State, Trigger
from jobrunner.policy.judge import explain_code, explain_signal
from jobrunner.store.value import Gap
from jobrunner.words import numbered, short

WORDS = {Trigger.MANUAL: "by hand", Trigger.API: "over the API", Trigger.CATCH_UP: "catch-up"}
MINUTE = timedelta(minutes=1)


def day_and_time(moment: datetime, zone: tzinfo, *, with_zone: bool = False) -> str:
    """An instant as tables and sentences have it: "Fri 2026-11-20 02:30 CET"."""
    there = moment.astimezone(zone)
    text = f"{there:%a %Y-%m-%d} {time_of_day(there, zone)}"
    return f"{text} {there.tzname()}" if with_zone else text


def time_of_day(moment: datetime, zone: tzinfo) -> str:
    """The time alone; seconds only if there are any."""
    there = moment.astimezone(zone)
    return f"{there:%H:%M:%S}" if there.second else f"{there:%H:%M}"


def near(moment: datetime, other: datetime, zone: tzinfo) -> str:
    """An instant beside another: the time alone if they are on the same day."""
    same_day = moment.astimezone(zone).date() == other.astimezone(zone).date()
    return f"{moment.astimezone(zone):%H:%M}" if same_day else day_and_time(moment, zone)


def result(run: Run | Attempt, *, in_words: bool = True) -> str:
    """How a run or an attempt stands: "success", "failed, exit 1", "skipped (5 slots)".

    `in_words` tells what an exit code means: "failed, exit 137: SIGKILL or exit 137".
    """
    if isinstance(run, Run) and run.slots > 1:
        return f"{run.state} ({numbered(run.slots, 'slot')})"
    how = _ending(run, in_words=in_words) if run.state is State.FAILED else ""
    return f"{run.state}, {how}" if how else str(run.state)


def beyond(run: Run | Attempt) -> str:
    """The reason, if it says more than the exit code does."""
    return "" if run.exit_code and run.reason == f"exit {run.exit_code}" else run.reason


def exit_of(run: Run | Attempt) -> str:
    """The exit code or the signal, with what often lies behind it; nothing where there is none."""
    if run.signal is not None:
        return explain_signal(run.signal)
    return "" if run.exit_code is None else explain_code(run.exit_code)


def _ending(run: Run | Attempt, *, in_words: bool) -> str:
    if run.signal is not None:
        return explain_signal(run.signal).partition(",")[0]
    if not run.exit_code:
        return ""
    # What often lies behind a code is told where there is more room.
    meaning = explain_code(run.exit_code).partition(",")[0]
    return f"exit {meaning if in_words else run.exit_code}"


def trigger(run: Run, zone: tzinfo) -> str:
    """What asked for a run, and who: "schedule", "by hand (deploy)"."""
    words = WORDS.get(run.trigger, str(run.trigger))
    slot = f" of {_dated(run.slot_of, zone)}" if run.slot_of else ""
    return f"{words}{slot} ({run.asked_by})" if run.asked_by else f"{words}{slot}"


def _dated(moment: datetime, zone: tzinfo) -> str:
    there = moment.astimezone(zone)
    return f"{there:%Y-%m-%d} {time_of_day(there, zone)}"


def after(moment: datetime, planned: datetime) -> str:
    """How much later than planned: "+1s", "+4h 10m"."""
    late = max(timedelta(), moment - planned)
    return f"+{late // timedelta(seconds=1)}s" if late < MINUTE else f"+{short(late)}"


def without_ticks(gap: Gap, near_to: datetime, zone: tzinfo) -> str:
    """A stretch without ticks: "02:11-06:40", with dates where it began on another day."""
    return f"{near(gap.since, near_to, zone)}-{near(gap.until, near_to, zone)}"
