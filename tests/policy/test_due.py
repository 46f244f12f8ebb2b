"""What becomes of every slot since the last look."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.model.decision import Omit, Start
from jobrunner.model.pause import Pause
from jobrunner.model.run import State, Trigger
from jobrunner.model.value import Duration
from jobrunner.policy.due import look_until, plan
from jobrunner.schedule.every import every
from tests.build import NOON, make_job

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HOURLY = every(HOUR, NOON.tzinfo, None, NOON)
MINUTELY = every(MINUTE, NOON.tzinfo, None, NOON)


def told(decisions):
    """Decisions in a line each: what, when in minutes around noon, how many."""
    lines = []
    for decision in decisions:
        if isinstance(decision, Start):
            minute = (decision.scheduled_for - NOON) // MINUTE
            lines.append(f"{decision.trigger} {minute}")
        else:
            first, last = ((edge - NOON) // MINUTE for edge in (decision.first, decision.last))
            lines.append(f"{decision.state} {first}..{last} ({decision.count})")
    return lines


def test_a_slot_that_came_due_since_the_last_look_starts():
    assert told(plan(make_job(), HOURLY, NOON - MINUTE, NOON)) == ["schedule 0"]


def test_a_slot_that_was_looked_at_is_not_looked_at_again():
    assert plan(make_job(), HOURLY, NOON, NOON + MINUTE) == ()


def test_a_slot_within_its_grace_still_starts():
    late = NOON + timedelta(minutes=15)
    assert told(plan(make_job(), HOURLY, NOON - MINUTE, late)) == ["schedule 0"]


def test_a_slot_after_its_grace_is_missed_with_the_reason():
    late = NOON + timedelta(minutes=15, seconds=1)
    (missed,) = plan(make_job(), HOURLY, NOON - MINUTE, late)
    assert told([missed]) == ["missed 0..0 (1)"]
    assert missed.reason.endswith('late or more; grace is 15 minutes, catch_up = "skip"')


def test_jitter_puts_off_the_end_of_the_grace():
    job = make_job(jitter=Duration(minutes=30), grace=Duration(minutes=1))
    starts = [
        minute
        for minute in range(60)
        if told(plan(job, HOURLY, NOON - MINUTE, NOON + minute * MINUTE)) == ["schedule 0"]
    ]
    assert starts == list(range(len(starts)))
    assert 1 < len(starts) < 33


def test_of_several_slots_on_time_the_latest_starts_and_the_others_are_superseded():
    decisions = plan(make_job(), MINUTELY, NOON - 5 * MINUTE, NOON)
    assert told(decisions) == ["skipped -4..-1 (4)", "schedule 0"]
    assert decisions[0].reason == "superseded by 2026-11-20 12:00:00 UTC"


def test_what_is_late_is_missed_though_a_later_slot_starts():
    decisions = plan(make_job(), MINUTELY, NOON - HOUR, NOON)
    assert told(decisions) == ["missed -59..-16 (44)", "skipped -15..-1 (15)", "schedule 0"]


def test_catching_up_the_latest_runs_one_slot_however_late():
    job = make_job(catch_up="latest")
    decisions = plan(job, HOURLY, NOON - DAY - MINUTE, NOON + 59 * MINUTE)
    assert told(decisions) == ["missed -1440..-60 (24)", "catch_up 0"]
    assert decisions[0].reason == 'catch_up = "latest" runs 2026-11-20 12:00:00 UTC only'


def test_catching_up_all_runs_each_slot_in_order():
    job = make_job(catch_up="all")
    decisions = plan(job, HOURLY, NOON - 3 * HOUR, NOON)
    assert told(decisions) == ["catch_up -120", "catch_up -60", "schedule 0"]


def test_catching_up_all_is_bounded_and_the_rest_is_one_row():
    job = make_job(catch_up="all", max_catch_up=2)
    decisions = plan(job, MINUTELY, NOON - 500 * DAY, NOON)
    assert told(decisions) == ["missed -719999..-2 (719998)", "schedule -1", "schedule 0"]
    assert decisions[0].reason == "more than max_catch_up = 2 slots to catch up"


def test_slots_in_a_pause_are_skipped_with_who_and_why():
    pause = Pause(by="deploy", reason="db1 moves", since=NOON - 3 * HOUR, until=NOON - HOUR)
    decisions = plan(make_job(), HOURLY, NOON - 5 * HOUR, NOON, pause)
    assert told(decisions) == [
        "missed -240..-240 (1)",
        "skipped -180..-120 (2)",
        "missed -60..-60 (1)",
        "schedule 0",
    ]
    assert decisions[1].reason == "paused by deploy: db1 moves"


def test_a_pause_without_an_end_holds_every_slot():
    pause = Pause(by="ops", since=NOON - DAY)
    assert told(plan(make_job(), HOURLY, NOON - HOUR, NOON, pause)) == ["skipped 0..0 (1)"]


def test_a_disabled_job_is_never_planned():
    assert plan(make_job(enabled=False), HOURLY, NOON - DAY, NOON) == ()


@pytest.mark.parametrize(
    ("now", "until"),
    [(MINUTE, MINUTE), (-MINUTE, timedelta()), (-HOUR, timedelta()), (-2 * HOUR, -2 * HOUR)],
)
def test_only_a_great_step_back_of_the_clock_takes_the_mark_back(now, until):
    assert look_until(NOON, NOON + now) == NOON + until


spans = st.integers(0, 4000).map(lambda minutes: timedelta(minutes=minutes))
jobs = st.builds(
    make_job,
    catch_up=st.sampled_from(["skip", "latest", "all"]),
    max_catch_up=st.integers(1, 9),
    grace=st.integers(0, 2000).map(lambda minutes: Duration(minutes=minutes)),
    jitter=st.sampled_from([Duration(), Duration(minutes=7)]),
)
intervals = st.sampled_from([7, 60, 300]).map(
    lambda minutes: every(timedelta(minutes=minutes), NOON.tzinfo, None, NOON)
)
ends = st.one_of(st.none(), spans)
pauses = st.one_of(
    st.none(),
    st.builds(
        lambda since, length: Pause(
            by="ops", since=NOON - since, until=None if length is None else NOON - since + length
        ),
        spans,
        ends,
    ),
)


@given(jobs, intervals, pauses, spans)
def test_every_slot_ends_in_exactly_one_way(job, schedule, pause, since):
    decisions = plan(job, schedule, NOON - since, NOON, pause)
    seen = []
    for decision in decisions:
        if isinstance(decision, Omit):
            before = decision.first - timedelta(microseconds=1)
            seen += (slots := list(schedule.between(before, decision.last)))
            assert len(slots) == decision.count
            assert decision.reason
        else:
            seen.append(decision.scheduled_for)
    assert seen == list(schedule.between(NOON - since, NOON))


@given(jobs, intervals, spans)
def test_never_more_starts_than_are_allowed(job, schedule, since):
    decisions = plan(job, schedule, NOON - since, NOON)
    starts = [decision for decision in decisions if isinstance(decision, Start)]
    assert len(starts) <= (job.max_catch_up if job.catch_up == "all" else 1)
    assert job.catch_up != "skip" or all(s.trigger == Trigger.SCHEDULE for s in starts)
    assert all(d.state == State.MISSED for d in decisions if isinstance(d, Omit)) or starts
