"""When a job is due, in words, at noon UTC on Friday 2026-11-20."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from jobrunner.engine.draft.slot import coming, is_over, rhythm, slot_words
from jobrunner.model.value import Duration, Moment, Moments, Words
from tests.build import NOON, make_job

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
QUARTERS = Words(["*/15 * * * *"])
PAST = Moments([Moment(NOON - timedelta(hours=1))])
SOON = Moments([Moment(NOON + timedelta(hours=1))])


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({}, "by hand only"),
        ({"after": ("a", "b")}, "after a and b"),
        ({"cron": QUARTERS}, "every 15th minute"),
        ({"cron": QUARTERS, "enabled": False}, "every 15th minute, but it is disabled"),
        ({"cron": QUARTERS, "end": Moment(date(2026, 12, 1))}, "every 15th minute, to 2026-12-01"),
        ({"cron": Words(["@reboot"])}, "at the first tick after boot"),
        ({"every": Duration(minutes=7)}, "every 7m, counted from the first tick that sees it"),
        ({"every": Duration(hours=1), "every_from": "end"}, "1h after the end of its last run"),
        ({"at": SOON}, "once"),
        ({"at": SOON + PAST}, "at 2 times"),
    ],
)
def test_the_rhythm_is_told_in_words(keys, words):
    assert rhythm(make_job(**keys), NOON) == words


@pytest.mark.parametrize(
    ("keys", "count"),
    [
        ({"cron": QUARTERS}, 3),
        ({"at": SOON}, 1),
        ({"at": PAST}, 0),
        ({}, 0),
        ({"cron": QUARTERS, "enabled": False}, 0),
        ({"every": Duration(minutes=7)}, 0),
    ],
)
def test_slots_are_told_as_far_as_the_file_can_tell(keys, count):
    assert len(coming(make_job(**keys), NOON, 3)) == count


def test_what_slots_share_is_said_once():
    late = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    slots = [late, late + timedelta(minutes=15), late + timedelta(minutes=30, seconds=5)]
    words = "Fri 2026-11-20 23:30 CET, 23:45, Sat 2026-11-21 00:00:05"
    assert slot_words(slots, BERLIN, BERLIN) == words


def test_another_zone_of_the_job_stands_beside():
    assert slot_words([NOON], BERLIN, NEW_YORK) == "Fri 2026-11-20 13:00 CET = 07:00 EST"


def test_a_change_of_clocks_names_the_zone_again():
    night = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    words = "Sun 2026-10-25 02:30 CEST, 02:30 CET"
    assert slot_words([night, night + timedelta(hours=1)], BERLIN, BERLIN) == words


@pytest.mark.parametrize(
    ("keys", "over"),
    [
        ({"at": PAST}, True),
        ({"cron": QUARTERS, "end": Moment(NOON - timedelta(1))}, True),
        ({"at": SOON}, False),
        ({"at": PAST, "after": ("a",)}, False),
        ({}, False),
        ({"cron": Words(["@reboot"])}, False),
        ({"every": Duration(hours=1), "every_from": "end"}, False),
        ({"every": Duration(minutes=7)}, False),
    ],
)
def test_a_job_is_over_when_all_of_its_slots_are_past(keys, over):
    assert is_over(make_job(**keys), NOON) is over
