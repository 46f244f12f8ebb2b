"""What did not run: stretches of slots, and times without ticks with what they cost."""

from datetime import timedelta

import pytest

from jobrunner.engine.figures.gaps import see_gaps, silent_for
from jobrunner.model.decision import Look, Omit, Start
from jobrunner.model.pause import Pause
from jobrunner.model.run import State, Trigger
from jobrunner.model.value import Duration
from jobrunner.schedule.identity import fingerprint
from tests.build import NOON, UTC_ZONE, make_job
from tests.engine.report.ledger import DAY, HOUR, MINUTE, queued, seen

UTC = UTC_ZONE.info
WEEK = NOON - 7 * DAY
NIGHT = NOON - 10 * HOUR
MORNING = NOON - 6 * HOUR


@pytest.fixture
def here(scene_of):
    hourly = {"every": Duration(hours=1)}
    return scene_of(make_job(**hourly), make_job(name="report", **hourly))


def found(here, *names, since=WEEK):
    return list(see_gaps(here, names or None, since, NOON, UTC).stretches)


def looked(here, *decisions, since, until, job="backup"):
    """A look at a job that was looked at before, or the first one."""
    look = Look(
        job=job,
        since=since,
        until=until,
        next_at=None,
        schedule=fingerprint(make_job()),
        decisions=decisions,
    )
    return here.store.claim([look], owner="me", host="", now=until)


def omitted(first, last=None, count=1, state=State.MISSED, reason="late"):
    return Omit(state=state, first=first, last=last or first, count=count, reason=reason)


def ticked(here, *times):
    for time in times:
        here.store.note_tick("web-1", time, MINUTE)


def night_without_ticks(here):
    """Three slots were missed, the fourth was caught up, one of another job is late."""
    ticked(here, NIGHT, MORNING, NOON)
    looked(here, since=None, until=NIGHT)
    looked(here, since=None, until=NIGHT, job="report")
    late = omitted(NIGHT + HOUR, NIGHT + 3 * HOUR, 3)
    again = Start(MORNING, Trigger.CATCH_UP)
    looked(here, late, again, since=NIGHT, until=MORNING)
    looked(here, Start(MORNING - HOUR / 2), since=NIGHT, until=MORNING, job="report")


def test_a_time_without_ticks_is_told_with_what_it_cost(here):
    night_without_ticks(here)
    silence = found(here)[0]
    assert (silence.kind, silence.job, silence.since, silence.until) == (
        "no_tick",
        None,
        NIGHT,
        MORNING,
    )
    assert (silence.missed, silence.caught_up, silence.late, silence.slots) == (3, 1, 1, 3)


def test_the_slots_follow_as_lines_of_their_jobs(here):
    night_without_ticks(here)
    silence, missed, after = found(here)
    assert (missed.kind, missed.job, missed.slots, missed.reason) == ("missed", "backup", 3, "late")
    assert (after.kind, after.since) == ("no_tick", MORNING)
    assert silence.since < missed.since < after.since


def test_of_one_job_only_its_own_slots_count(here):
    night_without_ticks(here)
    first, *others = found(here, "report")
    assert (first.kind, first.missed, first.late) == ("no_tick", 0, 1)
    assert {one.job for one in others} == {None}


def test_a_slot_at_the_minute_of_the_tick_is_on_time(here):
    ticked(here, NIGHT, MORNING)
    looked(here, since=None, until=NIGHT)
    looked(here, Start(MORNING - MINUTE), since=NIGHT, until=MORNING)
    assert (found(here)[0].late, found(here)[0].slots) == (0, 0)


def test_slots_with_the_same_reason_in_a_row_are_one_line(here):
    looked(here, since=None, until=NIGHT)
    reasons = ["since 1:00 (#1); x", "since Fri 2:00 (#22); x", "paused", "by a #3"]
    for number, reason in enumerate(reasons):
        slot = NIGHT + (number + 1) * MINUTE
        skip = omitted(slot, state=State.SKIPPED, reason=reason)
        looked(here, skip, since=slot - MINUTE, until=slot)
    told = [(one.slots, one.skipped, one.reason) for one in found(here)]
    assert told == [(2, 2, reasons[1]), (1, 1, "paused"), (1, 1, "by a #3")]


def test_of_a_pause_that_lasts_it_tells_what_the_next_tick_will_find(scene_of):
    job = make_job(every=Duration(hours=1))
    here = scene_of(job)
    ticked(here, NIGHT)
    seen(here.store, job, NIGHT)
    (silence,) = found(here)
    assert (silence.lasts, silence.until) == (True, NOON)
    assert (silence.missed, silence.late) == (9, 0)


def test_what_a_pause_holds_is_foreseen_as_skipped(scene_of):
    job = make_job(every=Duration(hours=1))
    here = scene_of(job)
    ticked(here, NIGHT)
    seen(here.store, job, NIGHT)
    here.store.pause("backup", Pause(by="deploy", since=NIGHT))
    assert found(here)[0].skipped == 10


def test_what_was_found_before_is_left_out(here):
    night_without_ticks(here)
    assert found(here, since=NOON - MINUTE) == [found(here)[-1]]


def test_runs_by_hand_are_no_slots(here):
    run = queued(here.store, "backup")
    here.store.withdraw(run.id, State.SKIPPED, "lock held", owner="me", now=NOON)
    assert found(here) == []


def test_ticks_in_time_leave_no_gap(here):
    ticked(here, *(NOON - n * MINUTE for n in range(9, -1, -1)))
    answer = see_gaps(here, None, WEEK, NOON, UTC)
    assert (answer.stretches, answer.ever_ticked) == ((), True)
    assert silent_for(answer.stretches) == timedelta()


def test_without_any_tick_that_is_known(here):
    assert not see_gaps(here, None, WEEK, NOON, UTC).ever_ticked
