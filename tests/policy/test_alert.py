"""Which ends of runs raise an alarm, and which lower it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.model.job import Threshold
from jobrunner.model.letter import NOTHING_TOLD
from jobrunner.model.run import State
from jobrunner.policy.alert import Raise, Recover, Rule, heed
from tests.build import NOON

HOUR = timedelta(hours=1)
STATES = {
    "f": State.FAILED,
    "t": State.TIMEOUT,
    "l": State.LOST,
    "o": State.SUCCESS,
    "s": State.STOPPED,
    "k": State.SKIPPED,
}
ALL = frozenset({"failure", "timeout", "lost", "recovered"})


def verdicts(ends, rule):
    """What a channel hears of runs that end an hour apart: ! an alert, ? a reminder, + recovery."""
    alarm, told = NOTHING_TOLD, []
    for number, end in enumerate(ends):
        alarm, verdict = heed(rule, alarm, STATES[end], NOON + number * HOUR)
        match verdict:
            case Raise():
                told.append("?" if verdict.is_reminder else "!")
            case Recover():
                told.append("+")
            case None:
                told.append(".")
    return "".join(told)


@pytest.mark.parametrize(
    ("ends", "expected", "changes"),
    [
        ("ooo", "...", {}),
        ("offfo", ".!..+", {}),
        ("ftlo", "!..+", {}),
        ("fofo", "!+!+", {}),
        ("fsko", "!..+", {}),
        ("soskf", "....!", {}),
        ("ffofffo", ".....!+", {"after": Threshold(failures=3)}),
        ("ffofffo", ".!+.!.+", {"after": Threshold(failures=2)}),
        ("foffoooo", "..!..+..", {"after": Threshold(failures=2, of=3)}),
        ("fofofooo", "....!+..", {"after": Threshold(failures=3, of=5)}),
        ("fffffo", "!.?.?+", {"every": 2 * HOUR}),
        ("fofffo", "!+!.?+", {"every": 2 * HOUR}),
        ("tfo", ".!+", {"hears": frozenset({"failure", "recovered"})}),
        ("tfo", "!.+", {"hears": frozenset({"recovered"})}),
        ("ftfo", "!..+", {"hears": frozenset({"failure"}), "every": 5 * HOUR}),
    ],
)
def test_a_row_of_failures_is_told_as_its_rule_says(ends, expected, changes):
    assert verdicts(ends, Rule(**({"hears": ALL} | changes))) == expected


def test_the_recovery_says_how_many_failures_there_were_and_since_when():
    alarm = NOTHING_TOLD
    for number in range(3):
        alarm, _ = heed(Rule(hears=ALL), alarm, State.FAILED, NOON + number * HOUR)
    alarm, verdict = heed(Rule(hears=ALL), alarm, State.SUCCESS, NOON + 3 * HOUR)
    assert (alarm, verdict) == (NOTHING_TOLD, Recover(3, NOON))


def test_a_threshold_that_was_changed_meanwhile_is_reached_all_the_same():
    alarm = NOTHING_TOLD
    for _ in range(3):
        alarm, _ = heed(Rule(hears=ALL, after=Threshold(failures=5)), alarm, State.FAILED, NOON)
    assert (
        heed(Rule(hears=ALL, after=Threshold(failures=2)), alarm, State.FAILED, NOON)[1] == Raise()
    )


ENDS = st.text(st.sampled_from("ftlosk"), max_size=40)


@given(ENDS, st.integers(1, 4))
def test_no_row_of_failures_has_more_than_one_alert_and_one_recovery(ends, failures):
    told = verdicts(ends, Rule(hears=ALL, after=Threshold(failures=failures)))
    marks = told.replace(".", "")
    assert marks == ("!+" * len(marks))[: len(marks)]


@given(ENDS, st.integers(1, 4))
def test_each_row_that_is_long_enough_has_its_alert(ends, failures):
    told = verdicts(ends, Rule(hears=ALL, after=Threshold(failures=failures)))
    rows = "".join("x" if end in "ftl" else end for end in ends if end not in "sk").split("o")
    assert told.count("!") == sum(len(row) >= failures for row in rows)


@given(ENDS, st.integers(1, 5), st.integers(0, 5))
def test_a_rate_has_alerts_and_recoveries_by_turns(ends, failures, more):
    rule = Rule(hears=ALL, after=Threshold(failures=failures, of=failures + more))
    marks = verdicts(ends, rule).replace(".", "")
    assert marks == ("!+" * len(marks))[: len(marks)]


@given(ENDS)
def test_what_is_remembered_is_bounded(ends):
    alarm = NOTHING_TOLD
    for end in ends:
        alarm, _ = heed(
            Rule(hears=ALL, after=Threshold(failures=2, of=3)), alarm, STATES[end], NOON
        )
    assert len(alarm.recent) <= 3
