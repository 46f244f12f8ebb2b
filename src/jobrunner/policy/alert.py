"""Which ends of runs are worth an alert: the first of a row of failures, and the recovery."""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.model.job import Threshold
from jobrunner.model.letter import Alarm
from jobrunner.model.run import State

FAILURES = {State.FAILED: "failure", State.TIMEOUT: "timeout", State.LOST: "lost"}
FAILED, WELL = "x", "o"


class Rule(Struct, frozen=True, kw_only=True):
    """When a channel hears of a job: of which events, after how many failures, how often again."""

    hears: AbstractSet[str]
    after: Threshold = Threshold()
    every: timedelta | None = None


class Raise(Struct, frozen=True):
    """An alert of failures; a reminder if they were told before."""

    is_reminder: bool = False


class Recover(Struct, frozen=True):
    """All is well again, after so many failures since then."""

    failures: int
    since: datetime


Verdict = Raise | Recover | None


def heed(rule: Rule, alarm: Alarm, state: State, at: datetime) -> tuple[Alarm, Verdict]:
    """What a run's final state means for a channel, and what is known to it from then on.

    1. Failures are counted from the first; a success ends the count.  Other states change nothing.
    2. The alarm is raised by the first failure at which the threshold is reached, once.  A failure
       that the channel does not hear of raises none, unless it hears of no failure at all.
    3. While it is raised, failures are told again as often as `every` says.
    4. It is lowered by the success that brings the failures under the threshold.
    """
    if state is not State.SUCCESS and state not in FAILURES:
        return alarm, None
    counted = _counted(rule.after, alarm, state, at)
    if alarm.raised_at is None:
        return _quiet(rule, counted, state, at)
    return _raised(rule, counted, state, at)


def _counted(after: Threshold, alarm: Alarm, state: State, at: datetime) -> Alarm:
    sign = WELL if state is State.SUCCESS else FAILED
    recent = (alarm.recent + sign)[-after.of :] if after.of else ""
    if state is not State.SUCCESS:
        return replace(alarm, failures=alarm.failures + 1, since=alarm.since or at, recent=recent)
    if FAILED in recent or alarm.raised_at is not None:
        return replace(alarm, recent=recent)
    return Alarm(recent=recent)


def _is_reached(after: Threshold, alarm: Alarm) -> bool:
    count = alarm.recent.count(FAILED) if after.of else alarm.failures
    return count >= after.failures


def _quiet(rule: Rule, alarm: Alarm, state: State, at: datetime) -> tuple[Alarm, Verdict]:
    if state is State.SUCCESS or not _is_reached(rule.after, alarm):
        return alarm, None
    if not _hears(rule, state):
        return alarm, None
    return replace(alarm, raised_at=at, told_at=at), Raise()


def _raised(rule: Rule, alarm: Alarm, state: State, at: datetime) -> tuple[Alarm, Verdict]:
    assert alarm.told_at is not None
    if state is not State.SUCCESS:
        if rule.every is None or at - alarm.told_at < rule.every or not _hears(rule, state):
            return alarm, None
        return replace(alarm, told_at=at), Raise(is_reminder=True)
    if rule.after.of and _is_reached(rule.after, alarm):
        return alarm, None
    assert alarm.since is not None
    return Alarm(recent=alarm.recent), Recover(alarm.failures, alarm.since)


def _hears(rule: Rule, state: State) -> bool:
    return FAILURES[state] in rule.hears or rule.hears.isdisjoint(FAILURES.values())
