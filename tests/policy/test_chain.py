"""What follows the end of a run, and whether a prerequisite is met."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.model.run import LIVE, State, Trigger
from jobrunner.model.value import Days, Duration, Moment, Words, Zone
from jobrunner.policy.chain import ENDED, Follow, follow, followers, is_chained, prerequisite
from tests.build import NOON, make_job, make_run

BERLIN = Zone("Europe/Berlin", ZoneInfo("Europe/Berlin"))
HOUR = timedelta(hours=1)
FINAL = sorted({*State} - LIVE)


def chained(name, *after, **changes):
    return make_job(name=name, after=after, **changes)


def ended(job="backup", state=State.SUCCESS, **changes):
    return make_run(**({"id": 1284, "job": job, "state": state} | changes))


def after(run, *jobs, others=()):
    ends = {each.job: each for each in (*others, run)}
    return follow(run, {job.name: job for job in jobs}, ends)


def starting(run, *jobs, others=()):
    return [found.job for found in after(run, *jobs, others=others) if found.start]


def test_a_job_starts_when_the_one_before_it_has_succeeded_and_has_its_slot():
    assert after(ended(), chained("verify", "backup")) == [
        Follow(job="verify", scheduled_for=NOON, start=True)
    ]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (State.FAILED, "after backup: #1284 failed"),
        (State.TIMEOUT, "after backup: #1284 timed out"),
        (State.STOPPED, "after backup: #1284 was stopped"),
        (State.LOST, "after backup: #1284 was lost"),
        (State.SKIPPED, "after backup: #1284 was skipped"),
        (State.MISSED, "after backup: #1284 was missed"),
    ],
)
def test_a_job_is_left_out_when_the_one_before_it_did_not_succeed(state, reason):
    (left,) = after(ended(state=state), chained("verify", "backup"))
    assert left == Follow(job="verify", scheduled_for=NOON, start=False, reason=reason)


def test_a_stretch_of_slots_is_left_out_with_their_number():
    missed = ended(state=State.MISSED, slots=500, slots_until=NOON + 499 * HOUR)
    (left,) = after(missed, chained("verify", "backup"))
    assert left.reason == "after backup: 500 slots were missed"


@pytest.mark.parametrize("state", sorted(LIVE))
def test_nothing_follows_a_run_that_is_not_over(state):
    assert after(ended(state=state), chained("verify", "backup")) == []


def test_a_job_waits_until_all_that_it_names_have_succeeded():
    report = chained("report", "backup", "export")
    assert after(ended(), report) == []
    assert starting(ended("export"), report, others=[ended()]) == ["report"]


def test_one_that_failed_leaves_the_job_out_though_another_is_still_to_come():
    report = chained("report", "backup", "export")
    (left,) = after(ended("export", State.FAILED, id=7), report)
    assert (left.start, left.reason) == (False, "after export: #7 failed")


def test_success_does_not_make_up_for_another_that_failed():
    report = chained("report", "backup", "export")
    (left,) = after(ended("export"), report, others=[ended(state=State.FAILED)])
    assert (left.start, left.reason) == (False, "after backup: #1284 failed")


def test_what_was_left_out_leaves_out_what_comes_after_it():
    jobs = [chained("verify", "backup"), chained("report", "verify")]
    (first,) = after(ended(state=State.FAILED), *jobs)
    (second,) = after(ended(first.job, State.SKIPPED, id=1285), *jobs)
    assert second.reason == "after verify: #1285 was skipped"


def test_a_retried_slot_goes_on_with_the_jobs_after_it_and_names_the_slot():
    again = ended(trigger=Trigger.RETRY, scheduled_for=None, slot_of=NOON)
    assert after(again, chained("verify", "backup")) == [
        Follow(job="verify", scheduled_for=None, slot_of=NOON, start=True)
    ]


def test_the_latest_run_of_a_slot_counts():
    report = chained("report", "backup", "export")
    retried = ended(id=1290, trigger=Trigger.RETRY, scheduled_for=None, slot_of=NOON)
    assert starting(ended("export"), report, others=[retried]) == ["report"]


@pytest.mark.parametrize("state", [State.SUCCESS, State.FAILED])
def test_a_run_by_hand_without_a_slot_goes_on_only_to_jobs_that_name_no_other(state):
    jobs = [chained("verify", "backup"), chained("report", "backup", "export")]
    by_hand = ended(state=state, trigger=Trigger.MANUAL, scheduled_for=None)
    (found,) = after(by_hand, *jobs, others=[ended("export")])
    assert (found.job, found.scheduled_for, found.slot_of) == ("verify", None, None)
    assert found.start == (state is State.SUCCESS)


def test_what_a_slot_became_says_nothing_of_a_run_without_one():
    failed = ended(id=7, state=State.FAILED, scheduled_for=None)
    (left,) = follow(failed, {"verify": chained("verify", "backup")}, {"backup": ended()})
    assert left.reason == "after backup: #7 failed"


@pytest.mark.parametrize(
    "own",
    [
        {"cron": Words(("0 3 * * *",))},
        {"cron": Words(("@reboot",))},
        {"every": Duration(hours=1)},
        {"enabled": False},
    ],
)
def test_no_chain_starts_a_job_that_is_disabled_or_has_a_schedule_of_its_own(own):
    assert after(ended(), chained("verify", "backup", **own)) == []


def test_no_chain_starts_a_job_that_names_others():
    assert after(ended(), chained("verify", "export"), make_job(name="by-hand")) == []


@pytest.mark.parametrize(
    "window",
    [
        {"start": Moment(NOON + HOUR)},
        {"end": Moment(date(2026, 11, 19))},
        {"skip_dates": Days((date(2026, 11, 20),))},
    ],
)
def test_a_slot_outside_the_dates_of_a_job_is_no_slot_of_its_chain(window):
    other_day = ended(scheduled_for=NOON + timedelta(hours=-36 if "end" in window else 36))
    verify = chained("verify", "backup", **window)
    assert after(ended(), verify) == []
    assert starting(other_day, verify) == ["verify"]


def test_the_delay_after_first_sight_keeps_no_chain_within_its_dates_waiting():
    verify = chained("verify", "backup", start=Moment(NOON), initial_delay=Duration(days=1))
    assert starting(ended(), verify) == ["verify"]


def test_jobs_are_found_by_the_ones_before_them():
    jobs = [
        make_job(name="backup"),
        chained("verify", "backup"),
        chained("report", "backup", "verify"),
        chained("own", "backup", every=Duration(hours=1)),
    ]
    found = followers({job.name: job for job in jobs})
    assert {name: [*jobs] for name, jobs in found.items()} == {
        "backup": ["verify", "report"],
        "verify": ["report"],
    }
    assert [job.name for job in jobs if is_chained(job)] == ["verify", "report"]


NAMES = ("a", "b", "c")


@given(st.permutations(NAMES), st.lists(st.sampled_from(FINAL), min_size=3, max_size=3))
def test_in_whatever_order_runs_end_a_job_starts_once_or_is_left_out(order, states):
    job, ends, found = chained("z", *NAMES), {}, []
    for number, (name, state) in enumerate(zip(order, states, strict=True)):
        ends[name] = ended(name, state, id=number)
        found += follow(ends[name], {"z": job}, ends)
    if {*states} == {State.SUCCESS}:
        assert [each.start for each in found] == [True]
    else:
        first_bad = next(n for n, state in enumerate(states) if state in ENDED)
        assert [each.start for each in found] == [False] * (3 - first_bad)


def lacks(job, since, **successes):
    return prerequisite(job, since, successes)


def test_a_prerequisite_is_met_by_a_success_since_the_slot_before():
    assert lacks(chained("verify", "backup"), NOON, backup=NOON + HOUR) is None


@pytest.mark.parametrize("successes", [{}, {"backup": NOON}, {"backup": NOON - HOUR}])
def test_an_older_success_or_none_is_not_enough(successes):
    verify = chained("verify", "backup", timezone=BERLIN)
    since = datetime(2026, 11, 19, 1, 30, tzinfo=UTC)
    shifted = {name: at - (NOON - since) for name, at in successes.items()}
    reason = "prerequisite: backup has not succeeded since Thu 2026-11-19 02:30 CET"
    assert prerequisite(verify, since, shifted) == reason


def test_before_its_first_slot_any_success_will_do():
    verify = chained("verify", "backup")
    assert lacks(verify, None, backup=NOON - 1000 * HOUR) is None
    assert lacks(verify, None) == "prerequisite: backup has not succeeded yet"


def test_all_that_is_lacking_is_told():
    report = chained("report", "backup", "export", "load")
    reason = lacks(report, NOON, export=NOON + HOUR)
    assert reason == (
        "prerequisite: backup and load have not succeeded since Fri 2026-11-20 12:00 UTC"
    )


def test_a_job_without_prerequisites_has_met_them():
    assert lacks(make_job(), NOON) is None
