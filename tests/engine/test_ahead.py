"""What is due next."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from jobrunner.engine.ahead import NOTHING, Known, ahead, upcoming
from jobrunner.model.pause import Pause
from jobrunner.model.value import Duration, Moment, Words, Zone
from jobrunner.schedule.identity import fingerprint
from jobrunner.store.value import Mark
from tests.build import NOON, make_job

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOURLY = make_job(name="hourly", cron=Words(["0 * * * *"]))
BERLIN = Zone("Europe/Berlin", ZoneInfo("Europe/Berlin"))


def test_slots_of_all_jobs_come_in_order():
    other = make_job(name="other", cron=Words(["30 * * * *"]))
    slots = ahead([HOURLY, other], NOON, 2 * HOUR).slots
    assert [(slot.job, slot.left_seconds / 60) for slot in slots] == [
        ("other", 30),
        ("hourly", 60),
        ("other", 90),
        ("hourly", 120),
    ]


def test_only_some_slots_of_a_job_are_listed_and_the_rest_counted():
    found = ahead([HOURLY], NOON, DAY, most=2)
    assert (len(found.slots), found.more) == (2, {"hourly": 22})


def test_all_slots_are_listed_if_asked_for():
    found = ahead([HOURLY], NOON, DAY, most=None)
    assert (len(found.slots), found.more) == (24, {})


def test_the_minute_that_several_jobs_share_is_named():
    other = make_job(name="other", cron=Words(["0 14 * * *"]))
    assert ahead([HOURLY, other], NOON, DAY).busiest == (NOON + 2 * HOUR, 2)


def test_a_job_that_comes_twice_in_a_minute_shares_it_with_nobody():
    assert ahead([make_job(every=timedelta(seconds=20))], NOON, DAY).busiest is None


def test_a_change_of_clocks_is_noted():
    job = make_job(cron=Words(["30 2 * * *"]), timezone=BERLIN)
    eve = datetime(2026, 10, 23, 12, tzinfo=UTC)
    notes = [slot.note for slot in ahead([job], eve, 3 * DAY).slots]
    assert notes == ["", "clocks change that day", ""]


def test_an_interval_that_counts_from_first_sight_says_so():
    job = make_job(every=Duration(minutes=7))
    (slot,) = ahead([job], NOON, HOUR, most=1).slots
    assert slot.note == "counts from the first tick that sees it"


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({}, "by hand"),
        ({"enabled": False, "cron": Words(["0 * * * *"])}, "disabled"),
        ({"after": ("other",)}, "after other"),
        ({"cron": Words(["@reboot"])}, "at the first tick after boot"),
        ({"cron": Words(["0 * * * *"]), "end": Moment(NOON)}, "ended"),
        ({"every": Duration(hours=1), "every_from": "end"}, "counted from the end of its last run"),
    ],
)
def test_a_job_without_slots_says_why(keys, reason):
    (absent,) = ahead([make_job(**keys)], NOON, DAY).absent
    assert (absent.next_at, absent.reason) == (None, reason)


def test_a_job_that_is_due_later_says_when():
    job = make_job(cron=Words(["0 9 * * *"]), start=Moment(datetime(2030, 1, 1, tzinfo=UTC)))
    (absent,) = ahead([job], NOON, DAY).absent
    assert absent.next_at == datetime(2030, 1, 1, 9, tzinfo=UTC)


# --- with what the ledger knows


def mark(job, **changes):
    values = {"job": job.name, "looked_at": NOON, "next_at": None, "first_seen_at": NOON}
    return Mark(**(values | {"schedule": fingerprint(job)} | changes))


def test_slots_within_a_pause_are_none():
    pause = Pause(by="ann", since=NOON, until=NOON + 2 * HOUR)
    found = ahead([HOURLY], NOON, 4 * HOUR, known=Known(pauses={"hourly": pause}))
    assert [slot.left_seconds / 3600 for slot in found.slots] == [2, 3, 4]


def test_a_job_that_is_paused_is_not_planned_and_says_so():
    found = ahead([HOURLY], NOON, DAY, known=Known(pauses={"hourly": Pause(by="a", since=NOON)}))
    assert (found.slots, found.absent[0].reason) == ((), "paused")
    until = Pause(by="a", since=NOON, until=NOON + 2 * DAY)
    found = ahead([HOURLY], NOON, DAY, known=Known(pauses={"hourly": until}))
    assert found.absent[0].reason == "paused until Sun 2026-11-22 12:00"


def test_a_job_counted_from_its_last_end_is_due_when_its_mark_says():
    job = make_job(every=Duration(hours=1), every_from="end")
    known = Known(marks={"backup": mark(job, next_at=NOON + timedelta(minutes=7))})
    (slot,) = ahead([job], NOON, DAY, known=known).slots
    assert slot.left_seconds == 420
    known = Known(marks={"backup": mark(job, next_at=NOON + 2 * DAY)})
    assert ahead([job], NOON, DAY, known=known).absent[0].next_at == NOON + 2 * DAY


def test_a_job_counts_from_the_tick_that_saw_it_first():
    job = make_job(every=Duration(minutes=7))
    known = Known(marks={"backup": mark(job, first_seen_at=NOON - timedelta(minutes=3))})
    slot = ahead([job], NOON, DAY, known=known).slots[0]
    assert (slot.left_seconds, slot.note) == (240, "")


def test_a_mark_of_another_schedule_says_nothing():
    known = Known(marks={"hourly": mark(HOURLY, schedule="other", next_at=NOON + DAY)})
    assert ahead([HOURLY], NOON, HOUR, known=known).slots[0].left_seconds == 3600


def test_what_is_usual_and_what_the_next_slot_may_meet_is_told():
    db = make_job(name="db", cron=Words(["0 * * * *"]), lock="x")
    other = make_job(name="other", lock="x")
    known = Known(usual={"db": 38.0}, busy={"db"})
    first, second = ahead([db, other], NOON, 2 * HOUR, known=known).slots
    assert first.note == 'the run before it is still going, shares lock "x" with other'
    assert (first.usual_seconds, second.note) == (38.0, "")


def coming(job, since=NOON, count=2, known=NOTHING):
    return [slot.scheduled_for for slot in upcoming(job, since, count, NOON, known)]


def test_the_first_slots_of_a_job_are_found_however_far_they_are():
    rare = make_job(name="rare", cron=Words(["0 0 29 2 *"]))
    assert [slot.year for slot in coming(rare)] == [2028, 2032]
    assert coming(HOURLY, NOON + DAY, 1) == [NOON + DAY + HOUR]


def test_a_pause_puts_off_the_first_slots_and_one_without_end_leaves_none():
    until = Pause(by="ann", since=NOON, until=NOON + DAY)
    assert coming(HOURLY, count=1, known=Known(pauses={"hourly": until})) == [NOON + DAY]
    endless = Pause(by="ann", since=NOON)
    assert coming(HOURLY, known=Known(pauses={"hourly": endless})) == []


@pytest.mark.parametrize("most", [1, 3, None])
@pytest.mark.parametrize("looked_at", [NOON - HOUR / 2, NOON, NOON + 1.5 * HOUR])
def test_what_the_last_look_found_changes_no_slot(looked_at, most):
    # The last of them is a clock that was set back since.
    following = (looked_at + HOUR).replace(minute=0)
    known = Known(marks={"hourly": mark(HOURLY, looked_at=looked_at, next_at=following)})
    plain, found = ahead([HOURLY], NOON, DAY, most), ahead([HOURLY], NOON, DAY, most, known)
    assert [one.scheduled_for for one in found.slots] == [one.scheduled_for for one in plain.slots]
    assert found.more == plain.more


def test_a_job_that_is_not_due_in_time_has_no_slot_by_its_mark_either():
    daily = make_job(name="daily", cron=Words(["0 0 * * *"]))
    known = Known(marks={"daily": mark(daily, next_at=NOON + 12 * HOUR)})
    found = ahead([daily], NOON, HOUR, known=known)
    assert (found.slots, found.absent[0].next_at) == ((), NOON + 12 * HOUR)


def test_what_follows_the_slot_of_a_mark_is_found_out_anew_when_the_mark_moves():
    daily = make_job(name="daily", cron=Words(["0 0 * * *"]))
    for days in range(3):
        now = NOON + days * DAY
        known = Known(marks={"daily": mark(daily, looked_at=now, next_at=now + 12 * HOUR)})
        for _ in range(2):
            found = ahead([daily], now, 2 * DAY, known=known).slots
            assert [(one.scheduled_for - now) / HOUR for one in found] == [12, 36]
        assert len(ahead([daily], now, DAY, known=known).slots) == 1


def test_the_last_slot_there_is_has_none_after_it():
    once = make_job(name="once", at=(Moment(NOON + HOUR),))
    known = Known(marks={"once": mark(once, next_at=NOON + HOUR)})
    assert [len(ahead([once], NOON, DAY, known=known).slots) for _ in range(2)] == [1, 1]
