"""What a store promises to tell of what was."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobrunner.model.decision import Omit
from jobrunner.model.run import State, Trigger
from jobrunner.store.value import (
    BOUNDS,
    Launch,
    RunFilter,
)
from tests.build import NOON
from tests.store.life import (
    HOUR,
    MINUTE,
    end,
    ended,
    ending,
    look,
    queue,
    running,
    seen,
)

SLOT = NOON + MINUTE
TODAY = int(NOON.timestamp()) // 86400
MICRO = 60_000_000  # a minute, as what runs took is told


class HistoryContract:
    def test_what_is_not_there_is_none(self, store):
        assert (store.run(7), store.request(7), store.attempts(7)) == (None, None, [])

    def test_runs_are_told_newest_first(self, store):
        runs = [queue(store, now=NOON + n * MINUTE) for n in range(3)]
        assert store.runs(RunFilter()) == runs[::-1]

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (RunFilter(job="report"), "2"),
            (RunFilter(states=(State.FAILED,)), "3"),
            (RunFilter(states=(State.FAILED, State.QUEUED), job="backup"), "431"),
            (RunFilter(trigger=Trigger.MANUAL), "4321"),
            (RunFilter(trigger=Trigger.API), ""),
            (RunFilter(host="web-9"), "3"),
            (RunFilter(host="web-9", states=(State.FAILED,), jobs=("report", "backup")), "3"),
            (RunFilter(since=NOON + MINUTE), "432"),
            (RunFilter(until=NOON + MINUTE), "1"),
            (RunFilter(before=3), "21"),
            (RunFilter(before=3, limit=1), "2"),
            (RunFilter(before=4, states=(State.FAILED, State.QUEUED)), "321"),
            (RunFilter(jobs=("report", "gone")), "2"),
            (RunFilter(jobs=()), ""),
            (RunFilter(jobs=("report", "backup"), before=4, limit=2), "32"),
            (RunFilter(jobs=("report", "backup"), states=(State.FAILED, State.QUEUED)), "4321"),
            (RunFilter(jobs=("report", "backup"), trigger=Trigger.MANUAL, limit=3), "432"),
            (RunFilter(jobs=("report", "backup"), states=(State.QUEUED,), limit=2), "42"),
            (RunFilter(jobs=("report",), trigger=Trigger.MANUAL, limit=1), "2"),
            (RunFilter(states=(State.QUEUED,), trigger=Trigger.MANUAL, limit=2), "42"),
        ],
    )
    def test_a_filter_tells_what_was_asked_for(self, store, wanted, expected):
        for minute, job in enumerate(["backup", "report", "backup", "backup"]):
            queue(store, job, now=NOON + minute * MINUTE)
        store.start([Launch(run=3)], owner="me", host="web-9", now=NOON)
        end(store, store.run(3), State.FAILED)
        assert "".join(str(run.id) for run in store.runs(wanted)) == expected

    def test_the_last_success_of_each_job_that_has_one(self, store):
        for n, state in enumerate([State.SUCCESS, State.SUCCESS, State.FAILED]):
            ended(store, state, now=NOON + n * MINUTE, at=NOON + n * HOUR)
        ended(store, State.FAILED, job="report")
        running(store, "sync")
        wanted = ["backup", "report", "sync", "none", "backup"]
        assert store.last_successes(wanted) == {"backup": NOON + HOUR}

    def test_the_newest_runs_of_each_job_that_has_any(self, store):
        runs = [queue(store, job, now=NOON) for job in ("a", "a", "b")]
        assert store.latest(["a", "b", "c"]) == {"a": [runs[1]], "b": [runs[2]]}
        assert store.latest(["a"], 5) == {"a": [runs[1], runs[0]]}

    @pytest.mark.parametrize("count", [1, 2, 5])
    def test_the_newest_runs_of_many_jobs_are_those_of_each(self, store, count):
        names = [f"job-{number}" for number in range(53)]
        for minute, name in enumerate([*names[::3], *names[::7], names[0]]):
            queue(store, name, now=NOON - minute % 4 * MINUTE)
        one_by_one = [store.latest([name], count) for name in names]
        assert store.latest([*names, "nobody"], count) == {
            name: runs for found in one_by_one for name, runs in found.items()
        }

    # One suite for every store: each runs it, with fixtures of its own.
    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
        ],
    )
    @given(
        ends=st.lists(
            st.tuples(
                st.sampled_from([State.SUCCESS, State.FAILED, State.STOPPED]),
                st.integers(1, 10**10).map(lambda us: timedelta(microseconds=us)),
                st.integers(0, 72).map(lambda hours: hours * HOUR),
            ),
            min_size=1,
            max_size=12,
        )
    )
    def test_figures_are_what_the_runs_add_up_to(self, new_store, ends):
        with new_store() as store:
            for state, duration, after in ends:
                run = running(store)
                how = ending(run, state, at=NOON + after, duration=duration, cpu=duration)
                store.finish([how], owner="me")
            (told,) = store.statistics(NOON)
        took = sorted(duration for state, duration, _ in ends if state is State.SUCCESS)
        assert told.slots == Counter(state for state, *_ in ends)
        assert told.cpu == sum((duration for _, duration, _ in ends), timedelta())
        assert told.longest == max(took, default=None)
        if took:
            assert abs(told.mean - sum(took, timedelta()) / len(took)) <= timedelta.resolution
            for told_as, percent in ((told.p50, 50), (told.p95, 95)):
                exact = took[-(-percent * len(took) // 100) - 1]
                assert (
                    told_as / exact == pytest.approx(1, abs=0.045, rel=0) or exact < MINUTE / 60**2
                )

    def test_figures_begin_with_the_day_and_are_of_one_job_if_asked(self, store):
        for days in (0, 1, 2):
            ended(store, State.SUCCESS, at=NOON + timedelta(days=days))
        ended(store, State.FAILED, job="report", at=NOON + timedelta(days=2))
        (told,) = store.statistics(NOON + timedelta(days=1), "backup")
        assert told.slots == {State.SUCCESS: 2}

    def test_figures_of_many_jobs_are_those_of_each(self, store):
        names = [f"job-{number}" for number in range(53)]
        for number, name in enumerate([*names[::3], *names[::7]]):
            state = State.FAILED if number % 5 == 0 else State.SUCCESS
            ended(store, state, job=name, at=NOON + timedelta(days=number % 9 * 3))
        since = NOON + timedelta(days=6)
        whole = {one.job: one for one in store.statistics(since)}
        some = [*names[1:], "nobody"]
        told = {one.job: one for one in store.statistics(since, some)}
        assert told == {job: one for job, one in whole.items() if job != names[0]}
        for tell in (store.days, store.successes):
            told, every = tell(since, some), tell(since)
            assert told == {job: every[job] for job in every if job != names[0]}

    def test_successes_are_counted_for_each_job_that_has_any_figures(self, store):
        for days in (0, 1, 1):
            ended(store, State.SUCCESS, at=NOON + timedelta(days=days))
        ended(store, State.FAILED, job="report", at=NOON + timedelta(days=2))
        assert store.successful(NOON + timedelta(days=1)) == {"backup": 2, "report": 0}

    def test_the_mean_is_of_the_days_that_were_asked_for(self, store):
        for hours, took in ((0, 9 * HOUR), (24, MINUTE), (25, 3 * MINUTE)):
            run, at = running(store), NOON + hours * HOUR
            store.finish([ending(run, State.SUCCESS, at, duration=took)], owner="me")
        (told,) = store.statistics(NOON + 24 * HOUR)
        assert (told.mean, told.longest) == (2 * MINUTE, 3 * MINUTE)

    def test_without_percentiles_all_else_is_told(self, store):
        ended(store, State.SUCCESS)
        (whole,), (told,) = store.statistics(NOON), store.statistics(NOON, usual=False)
        assert (told.p50, told.p95) == (None, None)
        assert (told.slots, told.mean, told.cpu) == (whole.slots, whole.mean, whole.cpu)

    @pytest.mark.parametrize("job", [None, "backup"])
    def test_what_successes_took_is_told_one_by_one_and_by_the_day(self, store, job):
        for hours, took in ((-24, HOUR), (0, 4 * MINUTE), (1, 2 * MINUTE), (24, MINUTE)):
            run, at = running(store, now=NOON + hours * HOUR), NOON + hours * HOUR
            store.finish([ending(run, State.SUCCESS, at, duration=took)], owner="me")
        ended(store, State.FAILED, at=NOON)
        if job:
            ended(store, State.SUCCESS, job="report", at=NOON)
        each = store.successes(NOON + HOUR, job)["backup"]
        assert sorted(each) == [(TODAY, MICRO * 2), (TODAY, MICRO * 4), (TODAY + 1, MICRO)]
        assert store.days(NOON + HOUR, job) == {"backup": [(TODAY, MICRO * 3), (TODAY + 1, MICRO)]}

    def test_totals_count_every_slot_attempt_and_duration(self, store):
        for took in (MINUTE, 61 * MINUTE / 60, 400 * HOUR):
            run = running(store)
            store.finish([ending(run, State.SUCCESS, duration=took)], owner="me")
        ended(store, State.FAILED)
        told = store.totals()["backup"]
        assert told.slots == {State.SUCCESS: 3, State.FAILED: 1}
        assert told.took == {60: 1, 300: 1, BOUNDS[-1]: 1}
        assert told.duration == timedelta(seconds=60 + 61) + 400 * HOUR
        assert told.attempts == 4

    def test_attempts_of_a_run_that_is_given_up_count(self, store):
        run = running(store)
        store.finish([ending(run, State.FAILED, retry_at=NOON + HOUR)], owner="me")
        store.withdraw(run.id, State.FAILED, "paused", owner="me", now=NOON + HOUR)
        assert store.totals()["backup"].attempts == 1

    def test_executions_are_counted_and_told_by_their_place_without_what_was_left_out(self, store):
        seen(store, "backup")
        runs = [queue(store, now=NOON + n * MINUTE) for n in range(3)]
        stretch = Omit(state=State.MISSED, first=SLOT, last=NOON + HOUR, count=60, reason="down")
        store.claim([look(stretch, until=NOON + HOUR)], owner="me", host="", now=NOON + HOUR)
        queue(store, "report")
        assert store.executions("backup", skip=0, limit=2) == (3, [runs[2], runs[1]])
        assert store.executions("backup", skip=2, limit=2) == (3, [runs[0]])
        assert store.executions("backup", skip=4, limit=2) == (3, [])

    def test_missed_slots_are_counted_each(self, store):
        seen(store, "backup")
        stretch = Omit(state=State.MISSED, first=SLOT, last=NOON + HOUR, count=60, reason="down")
        store.claim([look(stretch, until=NOON + HOUR)], owner="me", host="", now=NOON + HOUR)
        assert store.statistics(NOON)[0].slots == {State.MISSED: 60}
        assert store.totals()["backup"].slots == {State.MISSED: 60}
