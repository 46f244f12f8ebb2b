"""What a store promises to keep, and to let go."""

from collections import Counter
from datetime import timedelta

from jobrunner.model.run import State
from jobrunner.store.value import (
    Keep,
    Retention,
    RunFilter,
)
from tests.build import NOON, FakeClock
from tests.store.life import (
    HOUR,
    ask,
    end,
    ended,
    queue,
    running,
)

LONGEST = timedelta(seconds=90)


def ended_run(store, state):
    run = running(store)
    end(store, run, state)
    return run.id


class PruneContract:
    def test_runs_over_the_count_are_pruned_and_failures_kept_twice_as_long(self, store):
        for _ in range(6):
            ended(store, State.FAILED)
            ended(store, State.SUCCESS)
        self._prune(store, Keep(4, timedelta(days=90)))
        states = [run.state for run in store.runs(RunFilter())]
        assert Counter(states) == {State.SUCCESS: 2, State.FAILED: 4}

    def test_runs_past_their_age_are_pruned_and_failures_kept_twice_as_long(self, store):
        for hours in range(6):
            ended(store, State.FAILED, now=NOON - hours * HOUR)
            ended(store, State.SUCCESS, now=NOON - hours * HOUR)
        self._prune(store, Keep(1000, 2 * HOUR))
        states = [run.state for run in store.runs(RunFilter())]
        assert Counter(states) == {State.SUCCESS: 2, State.FAILED: 4}

    def test_live_runs_and_the_latest_run_and_success_stay(self, store):
        waiting = queue(store, now=NOON - 9 * HOUR)
        success, latest = (ended_run(store, state) for state in (State.SUCCESS, State.FAILED))
        self._prune(store, Keep(0, timedelta()), now=NOON + 100 * HOUR)
        kept = {run.id for run in store.runs(RunFilter())}
        assert kept == {waiting.id, success, latest}

    def test_a_job_with_a_rule_of_its_own_is_pruned_by_that(self, store):
        for job in ("backup", "report"):
            for _ in range(5):
                ended(store, State.SUCCESS, job=job)
        own = Retention(usual=Keep(2, timedelta(days=9)), jobs={"report": Keep(3, timedelta(9))})
        list(store.prune(own, NOON + HOUR, FakeClock()))
        assert Counter(run.job for run in store.runs(RunFilter())) == {"backup": 2, "report": 3}

    def test_pruning_tells_how_far_it_is_and_which_outputs_are_left(self, store):
        for number in range(3):
            ended(store, State.SUCCESS, output=f"{number}.log")
        *_, last = [step for step in self._prune(store, Keep(1, timedelta(days=9))) if step.of]
        assert (last.seen, last.of, last.removed) == (3, 3, 2)
        assert set(last.outputs) == {"0.log", "1.log"}

    def test_figures_outlive_the_runs(self, store):
        for _ in range(3):
            ended(store, State.SUCCESS)
        before = store.statistics(NOON)
        self._prune(store, Keep(0, timedelta()))
        assert store.statistics(NOON) == before

    def test_totals_outlive_the_figures(self, store):
        ended(store, State.SUCCESS)
        before, years = store.totals(), timedelta(days=800)
        self._prune(store, Keep(0, timedelta()), now=NOON + years)
        assert store.statistics(NOON) == []
        assert store.totals() == before

    def test_it_is_known_beforehand_how_many_runs_are_pruned(self, store):
        queue(store)
        for _ in range(5):
            ended(store, State.SUCCESS)
        keep = Retention(usual=Keep(2, timedelta(days=9)))
        before = len(store.runs(RunFilter()))
        count = store.prunable(keep, NOON + HOUR)
        list(store.prune(keep, NOON + HOUR, FakeClock()))
        assert before - len(store.runs(RunFilter())) == count > 0

    def test_old_ticks_and_answered_requests_are_pruned(self, store):
        store.note_tick("web-1", NOON, LONGEST)
        old, still_open = ask(store), ask(store)
        store.take(owner="me", host="", now=NOON)
        store.answer(old, owner="me", done=True, answer="", now=NOON)
        self._prune(store, Keep(1, HOUR), now=NOON + 9 * HOUR)
        assert store.request(old) is None
        assert store.request(still_open)
        assert store.gaps(NOON, NOON + HOUR, LONGEST) == []

    def test_a_store_without_runs_is_pruned_too(self, store):
        assert self._prune(store, Keep(1, HOUR)) == []

    def _prune(self, store, keep, now=NOON + HOUR):
        return list(store.prune(Retention(usual=keep), now, FakeClock()))
