"""What a store promises to tell of many runs at once."""

from datetime import timedelta
from itertools import pairwise, product

import pytest

from jobrunner.model.decision import Omit
from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from jobrunner.store.value import Brief, Gist, Launch, Missed, Stretch
from tests.build import NOON
from tests.store.life import HOUR, MINUTE, ask, end, ended, ending, look, queue, running, seen

DAY = timedelta(days=1)
TODAY = NOON.date()
LONGEST = 2 * MINUTE


def step(store, minutes, state, job="backup", took=MINUTE):
    """A run that began so many minutes after noon."""
    at = NOON + minutes * MINUTE
    run = running(store, job, at)
    store.finish([ending(run, state, at + took, duration=took)], owner="me")
    return run.id


def omit(first, last, count):
    first, last = NOON + first * MINUTE, NOON + last * MINUTE
    return Omit(state=State.MISSED, first=first, last=last, count=count, reason="no tick")


def told(store, since, until, every=5 * MINUTE, job="backup"):
    found = store.stretches([job], since, until, every).get(job, [])
    return [((one.since - NOON) / MINUTE, (one.until - NOON) / MINUTE, one.runs) for one in found]


class OutlineContract:
    def test_the_newest_runs_are_told_in_brief(self, store):
        runs = [step(store, n, State.SUCCESS) for n in range(3)]
        waiting = queue(store, "report", now=NOON)
        assert store.briefs(["backup", "report", "gone"], 2) == {
            "backup": [
                Brief(runs[2], State.SUCCESS, 60.0),
                Brief(runs[1], State.SUCCESS, 60.0),
            ],
            "report": [Brief(waiting.id, State.QUEUED, None)],
        }

    def test_what_the_newest_runs_took_and_told_is_at_hand(self, store):
        for n in range(3):
            step(store, n, State.SUCCESS)
        queue(store, "report", now=NOON)
        newest = store.latest(["backup", "report"], 2)
        assert store.gists(["backup", "report", "gone"], 2) == {
            job: [Gist(run.started_at, run.duration, run.result) for run in runs]
            for job, runs in newest.items()
        }

    def test_of_any_number_of_jobs_each_has_its_own(self, store):
        jobs = [f"job{number}" for number in range(120)]
        for job in jobs:
            step(store, 0, State.SUCCESS, job)
        assert store.briefs(jobs, 5).keys() == store.usual(jobs, NOON, NOON).keys() == {*jobs}

    def test_a_run_takes_up_the_time_from_its_start_to_its_end(self, store):
        run = step(store, 10, State.FAILED, took=7 * MINUTE)
        found = store.stretches(["backup"], NOON, NOON + HOUR, 5 * MINUTE)
        since, until = NOON + 10 * MINUTE, NOON + 17 * MINUTE
        assert found == {"backup": [Stretch(State.FAILED, since, until, 1, run)]}

    def test_runs_of_one_step_are_one_stretch_unless_they_end_in_other_ways(self, store):
        for minute in (10, 11, 13, 20):
            step(store, minute, State.SUCCESS)
        step(store, 12, State.FAILED)
        expected = [(10, 14, 3), (12, 13, 1), (20, 21, 1)]
        assert told(store, NOON, NOON + HOUR) == expected

    def test_a_run_that_lasts_into_the_time_is_told_and_one_that_ended_before_is_not(self, store):
        step(store, 0, State.SUCCESS)
        step(store, 5, State.SUCCESS, took=HOUR)
        running(store, now=NOON + 70 * MINUTE)
        since, until = NOON + 30 * MINUTE, NOON + 80 * MINUTE
        assert told(store, since, until) == [(5, 65, 1), (70, 80, 1)]

    def test_what_is_usual_is_that_of_successes(self, store):
        for number in range(20):
            step(store, number, State.SUCCESS, took=MINUTE if number < 15 else HOUR)
        step(store, 30, State.FAILED, took=9 * HOUR)
        found = store.usual(["backup", "gone"], NOON - 30 * DAY, NOON + DAY)
        lengths = found.pop("backup")
        assert (lengths.p50 / MINUTE, lengths.p95 / HOUR) == pytest.approx((1, 1), rel=0.05)
        assert found == {}

    def test_what_was_usual_before_that_time_is_not_told(self, store):
        ended(store, State.SUCCESS, now=NOON - 60 * DAY, at=NOON - 60 * DAY)
        assert store.usual(["backup"], NOON - 30 * DAY, NOON) == {}

    def test_a_tally_is_of_whole_days_and_of_the_jobs_asked_for(self, store):
        ended(store, State.SUCCESS, now=NOON - DAY, at=NOON - DAY)
        for job, state in [("backup", State.SUCCESS), ("report", State.FAILED)]:
            ended(store, state, job=job)
        assert store.tally(NOON) == {State.SUCCESS: 1, State.FAILED: 1}
        assert store.tally(NOON, ["backup", "gone"]) == {State.SUCCESS: 1}
        assert store.tally(NOON - DAY, {"backup"}) == {State.SUCCESS: 2}

    def test_each_day_has_its_tally(self, store):
        for days in (2, 1, 0):
            ended(store, State.SUCCESS, now=NOON - days * DAY, at=NOON - days * DAY)
        ended(store, State.FAILED, job="report")
        day = int(NOON.timestamp()) // 86400
        mine = [(day - 1, "backup", State.SUCCESS, 1), (day, "backup", State.SUCCESS, 1)]
        assert store.tally_of_job("backup", TODAY - DAY, TODAY) == mine
        theirs = [(day, "report", State.FAILED, 1)]
        assert store.tally_by_day(TODAY - DAY, TODAY, ["backup", "gone"]) == mine
        assert store.tally_by_day(TODAY, TODAY, ["report", "backup"]) == [*mine[1:], *theirs]
        assert store.troubles_by_day(TODAY - DAY, TODAY) == theirs

    @pytest.mark.parametrize("jobs", [None, ["backup", "report"]])
    def test_the_jobs_of_a_day_are_added_up(self, store, jobs):
        for job, state in product(["backup", "report"], [State.SUCCESS, State.LOST]):
            ended(store, state, job=job)
        expected = {TODAY: {State.SUCCESS: 2, State.LOST: 2}}
        assert store.sums_by_day(TODAY - DAY, TODAY, jobs) == expected
        assert store.sums_by_day(TODAY, TODAY, ["report"])[TODAY][State.LOST] == 1

    @pytest.mark.parametrize("jobs", [None, ["backup", "report"]])
    def test_what_was_written_lately_is_counted_by_state(self, store, jobs):
        ended(store, State.SUCCESS, now=NOON - DAY, at=NOON)
        for job, state in [("backup", State.SUCCESS), ("report", State.LOST)]:
            ended(store, state, job=job)
        queue(store)
        found = store.lately(NOON, jobs)
        assert found == {State.SUCCESS: 1, State.LOST: 1, State.QUEUED: 1}

    def test_what_other_jobs_wrote_lately_is_not_counted(self, store):
        ended(store, State.FAILED, job="report")
        assert store.lately(NOON, ["backup"]) == {State.SUCCESS: 0}

    def test_missed_slots_are_told_with_the_first_and_the_last(self, store):
        seen(store, "backup", NOON)
        gone, last = omit(1, 5, 5), omit(9, 9, 1)
        store.claim([look(gone, last)], owner="me", host="", now=NOON + HOUR)
        found = Missed(6, NOON + MINUTE, NOON + 9 * MINUTE)
        assert store.missed(NOON) == {"backup": found}
        assert store.missed(NOON + 2 * HOUR) == {}

    @pytest.mark.parametrize("job", [None, "backup"])
    def test_what_ended_is_told_with_when_and_how(self, store, job):
        step(store, 0, State.FAILED)
        step(store, -90, State.SUCCESS)
        running(store)
        at = int((NOON + MINUTE).timestamp()) * 1_000_000
        assert store.ended(NOON, NOON + HOUR, 9, job) == [(at, "backup", State.FAILED, 1)]
        assert store.ended(NOON, NOON + HOUR, 9, "report") == []
        assert len(store.ended(NOON - DAY, NOON + DAY, 1)) == 1

    def test_nothing_done_leaves_the_pulse_as_it_is(self, store, open_store):
        running(store)
        assert store.pulse() == open_store().pulse() == store.pulse()

    def test_whatever_is_done_changes_the_pulse(self, store):
        pulses = [store.pulse()]

        def note(*_done):
            pulses.append(store.pulse())

        note(store.note_tick("web-1", NOON, LONGEST))
        note(seen(store, "backup"))
        note(queue(store))
        note(store.withdraw(1, State.STOPPED, "asked", owner="me", now=NOON))
        run = queue(store)
        note()
        note(store.start([Launch(run=run.id)], owner="me", host="web-1", now=NOON))
        note(end(store, run, State.FAILED))
        note(ask(store), store.take(owner="me", host="web-1", now=NOON))
        note(store.answer(1, owner="me", done=True, answer="", now=NOON))
        note(store.pause("backup", Pause(by="me", since=NOON)))
        note(store.pause("backup", None))
        note(store.note_tick("web-1", NOON + MINUTE, LONGEST))
        assert [one for one, other in pairwise(pulses) if one == other] == []
