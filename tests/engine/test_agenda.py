"""What a look at the clock asks of every job, beside the slots themselves."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.agenda import Agenda, Ends, asked_for, looks, pause_of, schedule_of
from jobrunner.model.decision import Omit, Start
from jobrunner.model.pause import Pause
from jobrunner.model.run import State, Trigger
from jobrunner.model.value import Duration, Moment
from jobrunner.policy.due import SMALL_STEP
from jobrunner.schedule.identity import fingerprint
from jobrunner.store.value import EVERY_JOB, Health, Mark
from tests.build import NOON, make_job

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
HOURLY = make_job(every=Duration(hours=1))
FROM_END = make_job(every=Duration(hours=1), every_from="end")
ASKING = make_job(name="asking")


def mark(job, looked_at=NOON, next_at=NOON + HOUR, **changes):
    values = {
        "job": job.name,
        "looked_at": looked_at,
        "next_at": next_at,
        "schedule": fingerprint(job),
        "first_seen_at": NOON,
    }
    return Mark(**(values | changes))


def look(job, mark, now, health=None, ends=None):
    """The one look that is asked for; None if none is."""
    marks = {(mark.job, mark.place): mark} if mark else {}
    found = Agenda({job.name: job}).looks(marks, health or {}, now, ends)
    return found[0] if found else None


def test_a_job_that_was_never_seen_runs_nothing_and_notes_its_next_slot():
    found = look(HOURLY, None, NOON)
    assert (found.since, found.until, found.decisions) == (None, NOON, ())
    assert found.next_at == NOON + HOUR


def test_a_schedule_that_changed_begins_anew_and_runs_nothing_of_the_past():
    before = mark(make_job(every=Duration(minutes=1)), next_at=NOON + MINUTE)
    found = look(HOURLY, before, NOON + HOUR - MINUTE)
    assert (found.decisions, found.next_at) == ((), NOON + HOUR)
    assert (found.since, found.schedule) == (NOON, fingerprint(HOURLY))


def test_jobs_with_the_same_schedule_have_the_same_decisions_each_for_itself():
    names = [make_job(name=name, cron=("0 * * * *",)) for name in ("a", "b")]
    other = make_job(name="c", cron=("0 * * * *",), grace=Duration(hours=3))
    spread = make_job(name="d", cron=("H * * * *",))
    jobs = {job.name: job for job in (*names, other, spread)}
    marks = {(job.name, ""): mark(job, next_at=NOON + MINUTE) for job in jobs.values()}
    now = NOON + 2 * HOUR + HOUR / 2
    together = Agenda(jobs).looks(marks, {}, now)
    alone = [Agenda({name: jobs[name]}).looks(marks, {}, now)[0] for name in jobs]
    assert sorted(together, key=lambda each: each.job) == alone


def test_due_jobs_are_looked_at_alone_as_they_are_among_all():
    jobs = {name: make_job(name=name, every=Duration(hours=1)) for name in ("due", "late")}
    marks = {(name, ""): mark(job) for name, job in jobs.items()}
    gone = mark(make_job(name="gone"))
    due = {("due", ""): marks["due", ""], ("gone", ""): gone}
    found = Agenda(jobs).due_looks(due, {}, NOON + HOUR)
    whole = Agenda(jobs).looks(marks | due, {}, NOON + HOUR)
    assert found == [each for each in whole if each.job != "late"]


def test_nothing_is_asked_of_a_job_before_its_slot():
    assert look(HOURLY, mark(HOURLY), NOON + HOUR - MINUTE) is None


def test_a_slot_that_came_due_is_decided_and_the_next_one_noted():
    found = look(HOURLY, mark(HOURLY), NOON + HOUR)
    assert found.decisions == (Start(NOON + HOUR, Trigger.SCHEDULE),)
    assert found.next_at == NOON + 2 * HOUR


@pytest.mark.parametrize("name", ["backup", EVERY_JOB])
def test_a_slot_of_a_paused_job_is_skipped_with_who_and_why(name):
    health = {name: Health(pause=Pause(by="ann", reason="holidays", since=NOON))}
    (omitted,) = look(HOURLY, mark(HOURLY), NOON + HOUR, health).decisions
    assert (omitted.state, omitted.reason) == (State.SKIPPED, "paused by ann: holidays")


def test_a_job_that_is_disabled_comes_due_no_more():
    off = make_job(every=Duration(hours=1), enabled=False)
    found = look(off, mark(off), NOON + HOUR)
    assert (found.decisions, found.next_at) == ((), None)
    assert look(off, mark(off, next_at=None), NOON + HOUR) is None


def test_a_job_that_is_gone_comes_due_no_more():
    gone = mark(make_job(name="gone"))
    found = [each for each in looks({}, {("gone", ""): gone}, {}, NOON) if each.job == "gone"]
    assert [(each.next_at, each.until, each.decisions) for each in found] == [(None, NOON, ())]
    assert looks({}, {("gone", ""): mark(make_job(name="gone"), next_at=None)}, {}, NOON) == []


def test_a_clock_that_was_a_year_ahead_has_its_mark_taken_back():
    ahead = mark(HOURLY, looked_at=NOON + 9000 * HOUR, next_at=NOON + 9001 * HOUR)
    found = look(HOURLY, ahead, NOON)
    assert (found.until, found.decisions, found.next_at) == (NOON, (), NOON + HOUR)


def test_a_clock_that_is_set_back_a_little_has_no_slot_seen_twice():
    assert look(HOURLY, mark(HOURLY), NOON - SMALL_STEP + MINUTE) is None


def test_no_more_is_caught_up_than_the_job_allows():
    job = make_job(every=Duration(hours=1), catch_up="all", max_catch_up=3)
    decisions = look(job, mark(job), NOON + 10 * HOUR).decisions
    assert [each.scheduled_for for each in decisions[1:]] == [NOON + n * HOUR for n in (8, 9, 10)]
    assert (decisions[0].state, decisions[0].count) == (State.MISSED, 7)


def test_an_interval_from_the_end_begins_when_the_job_is_seen():
    assert look(FROM_END, None, NOON).next_at == NOON + HOUR


def test_an_interval_from_the_end_has_one_slot_until_its_run_has_ended():
    found = look(FROM_END, mark(FROM_END), NOON + HOUR)
    assert [each.scheduled_for for each in found.decisions] == [NOON + HOUR]
    assert found.next_at is None


@pytest.mark.parametrize(
    ("ends", "next_at"),
    [
        (Ends(live={("backup", "")}), None),
        (Ends(ended={("backup", ""): NOON + MINUTE}), NOON + MINUTE + HOUR),
        (Ends(), NOON + 2 * MINUTE + HOUR),  # nobody here saw it end
    ],
)
def test_an_interval_from_the_end_goes_on_once_nothing_is_live(ends, next_at):
    found = look(FROM_END, mark(FROM_END, next_at=None), NOON + 2 * MINUTE, ends=ends)
    assert (found and found.next_at) == next_at


def test_a_job_without_a_schedule_has_the_one_slot_that_it_asked_for():
    asked = asked_for(ASKING, mark(ASKING, next_at=None), NOON + HOUR)
    assert (asked.since, asked.until, asked.next_at) == (NOON, NOON, NOON + HOUR)
    found = look(ASKING, mark(ASKING), NOON + HOUR)
    assert found.decisions == (Start(NOON + HOUR, Trigger.SCHEDULE),)
    assert found.next_at is None


def test_no_slot_can_be_asked_for_beyond_the_jobs_end():
    job = make_job(end=Moment(NOON.date()))
    assert asked_for(job, mark(job), NOON + 24 * HOUR).next_at is None
    assert asked_for(job, mark(job), NOON + HOUR).next_at == NOON + HOUR


def test_the_pause_that_holds_outranks_the_one_that_is_over():
    over = Pause(by="ann", reason="", since=NOON, until=NOON + MINUTE)
    holds = Pause(by="bob", reason="", since=NOON)
    health = {"backup": Health(pause=over), EVERY_JOB: Health(pause=holds)}
    assert pause_of("backup", health, NOON + HOUR) is holds
    assert pause_of("backup", {"backup": Health(pause=over)}, NOON + HOUR) is over


@given(
    st.lists(st.timedeltas(-2 * HOUR, 3 * HOUR), max_size=20),
    st.sampled_from(["skip", "latest", "all"]),
)
def test_no_slot_is_decided_twice_whatever_the_clock_does(steps, catch_up):
    job = make_job(every=Duration(minutes=20), catch_up=catch_up)
    agenda, now, current = Agenda({job.name: job}), NOON, mark(job, next_at=NOON + 20 * MINUTE)
    decided, highest = [], NOON
    for step in steps:
        now += max(step, -SMALL_STEP)  # what goes back further shows that it was wrong before
        now = max(now, highest - SMALL_STEP)
        highest = max(now, highest)
        for each in agenda.looks({(job.name, ""): current}, {}, now):
            decided += each.decisions
            current = mark(job, looked_at=each.until, next_at=each.next_at)
    slots = [slot for each in decided for slot in covered(each, schedule_of(job, current))]
    assert len(slots) == len({*slots})
    assert slots == sorted(slots)
    assert current.next_at > current.looked_at


def covered(decision, schedule):
    """The slots that a decision is about."""
    if isinstance(decision, Start):
        return [decision.scheduled_for]
    assert isinstance(decision, Omit)
    slots, slot = [], decision.first
    while slot <= decision.last:
        slots.append(slot)
        slot = schedule.next_after(slot)
    return slots
