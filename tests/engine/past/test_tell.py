"""Runs and their times in a few words."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from jobrunner.engine.past import tell
from jobrunner.model.run import State, Trigger
from jobrunner.store.value import Gap
from tests.build import NOON, make_run
from tests.store.life import HOUR, MINUTE

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": State.SUCCESS, "exit_code": 0}, "success"),
        ({"state": State.FAILED, "exit_code": 1}, "failed, exit 1"),
        ({"state": State.FAILED, "exit_code": 127}, "failed, exit 127: command not found"),
        ({"state": State.FAILED, "exit_code": 137}, "failed, exit 137: SIGKILL or exit 137"),
        ({"state": State.FAILED, "signal": 9}, "failed, SIGKILL"),
        ({"state": State.FAILED, "signal": 63}, "failed, signal 63"),
        ({"state": State.FAILED, "exit_code": 0}, "failed"),
        ({"state": State.TIMEOUT, "exit_code": 143}, "timeout"),
        ({"state": State.MISSED, "slots": 1200}, "missed (1,200 slots)"),
    ],
)
def test_a_result_is_a_state_and_how_it_came_to_it(changes, words):
    assert tell.result(make_run(**changes)) == words


def test_a_code_can_be_told_bare():
    run = make_run(state=State.FAILED, exit_code=137)
    assert tell.result(run, in_words=False) == "failed, exit 137"


@pytest.mark.parametrize(
    ("reason", "beyond"),
    [("exit 1", ""), ("exit 1: odd", "exit 1: odd"), ("expect.output: missing", None)],
)
def test_a_reason_that_is_the_code_alone_is_told_once(reason, beyond):
    run = make_run(state=State.FAILED, exit_code=1, reason=reason)
    assert tell.beyond(run) == (reason if beyond is None else beyond)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "schedule"),
        ({"trigger": Trigger.MANUAL, "asked_by": "deploy"}, "by hand (deploy)"),
        (
            {"trigger": Trigger.BACKFILL, "slot_of": NOON, "asked_by": "ann"},
            "backfill of 2026-11-20 13:00 (ann)",
        ),
    ],
)
def test_a_trigger_is_told_with_who_asked(changes, words):
    assert tell.trigger(make_run(**changes), BERLIN) == words


@pytest.mark.parametrize(
    ("late", "words"),
    [(-HOUR, "+0s"), (MINUTE / 40, "+1s"), (MINUTE, "+1m 00s"), (4 * HOUR, "+4h 00m")],
)
def test_how_late_it_began_is_told_in_whole_seconds(late, words):
    assert tell.after(NOON + late, NOON) == words


def test_a_time_without_ticks_has_dates_only_where_they_differ():
    assert tell.without_ticks(Gap(NOON - HOUR, NOON), NOON, UTC) == "11:00-12:00"
    gap = Gap(NOON - DAY, NOON)
    assert tell.without_ticks(gap, NOON, UTC) == "Thu 2026-11-19 12:00-12:00"


def test_seconds_are_told_only_if_there_are_any():
    assert tell.day_and_time(NOON, BERLIN, with_zone=True) == "Fri 2026-11-20 13:00 CET"
    assert tell.day_and_time(NOON + MINUTE / 60, UTC) == "Fri 2026-11-20 12:00:01"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"exit_code": 0}, "0"),
        ({"exit_code": 127}, "127: command not found"),
        ({"exit_code": 137}, "137: SIGKILL or exit 137, often out of memory"),
        ({"signal": 9}, "SIGKILL, often out of memory"),
        ({"signal": 15}, "SIGTERM"),
        ({"signal": 999}, "signal 999"),
    ],
)
def test_exit_codes_and_signals_are_explained(changes, words):
    assert tell.exit_of(make_run(**changes)) == words
