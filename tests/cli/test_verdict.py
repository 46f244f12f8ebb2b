"""What a look at the clock came to, in words."""

from datetime import UTC, timedelta

import pytest

from jobrunner.cli.verdict import became, decided, summary
from jobrunner.model.decision import Look, Omit, Start
from jobrunner.model.run import State
from tests.build import NOON, make_run

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def omitted(state, first, last, count):
    return Omit(state=state, first=first, last=last, count=count, reason="why")


@pytest.mark.parametrize(
    ("decision", "word", "text"),
    [
        (Start(NOON), "start", "slot 12:00"),
        (Start(NOON - 2 * MINUTE), "late", "slot 11:58, 2m 00s late"),
        (omitted(State.SKIPPED, NOON, NOON, 1), "skip", "slot 12:00, why"),
        (omitted(State.MISSED, NOON - HOUR, NOON, 4), "miss", "slot 11:00 and 3 more, why"),
    ],
)
def test_a_decision_is_a_line(decision, word, text):
    look = Look(
        job="a",
        since=NOON - 2 * HOUR,
        until=NOON,
        next_at=None,
        schedule="s",
        decisions=(decision,),
    )
    (line,) = decided(look, NOON, UTC)
    assert (line.word, line.job, line.text) == (word, "a", text)


@pytest.mark.parametrize(
    ("changes", "word", "text"),
    [
        ({}, "start", "slot 12:00"),
        ({"scheduled_for": NOON - 3 * MINUTE}, "late", "slot 11:57, 3m 00s late"),
        ({"state": State.SKIPPED, "reason": "why"}, "skip", "slot 12:00, why"),
        (
            {"state": State.MISSED, "reason": "why", "slots": 3},
            "miss",
            "slot 12:00 and 2 more, why",
        ),
        ({"state": State.LOST, "reason": "no process"}, "lost", "no process"),
        ({"state": State.RUNNING, "attempts": 2}, "retry", "attempt 2"),
    ],
)
def test_a_run_is_a_line(changes, word, text):
    line = became(make_run(**changes), NOON, UTC)
    assert (line.word, line.number, line.text) == (word, "#1", text)


def test_kinds_and_the_rest_are_counted():
    lines = [became(make_run(job=job), NOON, UTC) for job in ("a", "b", "b")]
    assert summary(lines, ["a", "b", "c"], "5 ms") == "3 started, 1 not due. 5 ms"
    assert summary([], [], "5 ms") == "0 not due. 5 ms"
