"""What a store promises about the life of a run."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from msgspec.structs import replace

from jobrunner.model.letter import Alarm, Told
from jobrunner.model.pause import Pause
from jobrunner.model.run import Outcome, State
from jobrunner.store.value import (
    Ending,
    Launch,
    Streak,
)
from tests.build import NOON
from tests.store.life import (
    HOUR,
    MINUTE,
    by_hand,
    end,
    ended,
    ending,
    first_look,
    look,
    queue,
    running,
)

SLOT = NOON + MINUTE


class LifeContract:
    def test_starting_counts_an_attempt_with_its_definition_and_output(self, store):
        run = queue(store)
        launch = Launch(run=run.id, definition="v2", output="1.log")
        (started,) = store.start([launch], owner="me", host="web-1", now=SLOT)
        (attempt,) = store.attempts(run.id)
        assert started == store.run(run.id)
        assert (started.state, started.attempts, started.host) == (State.RUNNING, 1, "web-1")
        assert (attempt.number, attempt.definition, attempt.output) == (1, "v2", "1.log")

    def test_a_run_is_started_once(self, store):
        run = running(store)
        assert store.start([Launch(run=run.id)], owner="me", host="", now=SLOT) == []

    def test_the_run_of_another_owner_is_not_started(self, store):
        run = queue(store)
        assert store.start([Launch(run=run.id)], owner="you", host="", now=SLOT) == []

    def test_a_run_of_nobody_is_started_by_anybody(self, store):
        run = store.add(by_hand(), owner="", host="", now=NOON)
        (started,) = store.start([Launch(run=run.id)], owner="you", host="", now=SLOT)
        assert started.owner == "you"

    def test_the_outcome_is_told_by_the_run_and_its_attempt(self, store):
        run = running(store)
        measured = {"exit_code": 3, "duration": MINUTE, "cpu": MINUTE, "max_rss": 4096}
        told = {"message": "m", "result": "{}", "error": "e", "output_size": 9, "output_cut": 1}
        store.finish([ending(run, State.FAILED, **measured, **told)], owner="me")
        for kept in (store.run(run.id), *store.attempts(run.id)):
            expected = {"state": State.FAILED, "finished_at": NOON + HOUR} | measured | told
            assert {name: getattr(kept, name) for name in expected} == expected

    def test_an_attempt_ends_once(self, store):
        run = running(store)
        assert store.finish([ending(run, State.SUCCESS)], owner="me")
        assert store.finish([ending(run, State.FAILED)], owner="me") == {}
        assert store.run(run.id).state is State.SUCCESS

    def test_an_attempt_that_is_no_longer_this_owners_is_not_its_to_end(self, store):
        run = running(store)
        store.adopt("me", "you")
        assert store.finish([ending(run, State.SUCCESS)], owner="me") == {}
        assert run.id in store.finish([ending(run, State.SUCCESS)], owner="you")

    def test_an_earlier_attempt_cannot_end_a_later_one(self, store):
        run = running(store)
        store.finish([ending(run, State.FAILED, retry_at=SLOT)], owner="me")
        store.start([Launch(run=run.id)], owner="me", host="", now=SLOT)
        assert store.finish([ending(run, State.FAILED)], owner="me") == {}

    def test_a_run_to_be_retried_waits_with_its_attempt_on_record(self, store):
        run = running(store)
        store.finish([ending(run, State.TIMEOUT, retry_at=NOON + HOUR)], owner="me")
        waiting = store.run(run.id)
        assert (waiting.state, waiting.next_attempt_at) == (State.RETRYING, NOON + HOUR)
        assert waiting.finished_at is None
        assert [attempt.state for attempt in store.attempts(run.id)] == [State.TIMEOUT]

    def test_one_call_ends_many(self, store):
        runs = [running(store) for _ in range(3)]
        done = store.finish([ending(run, State.FAILED) for run in runs], owner="me")
        assert list(done.values()) == [Streak(0, 1), Streak(1, 2), Streak(2, 3)]

    @pytest.mark.parametrize(
        ("states", "streak"),
        [
            ("failed timeout lost", Streak(2, 3)),
            ("failed failed success", Streak(2, 0)),
            ("success failed", Streak(0, 1)),
            ("failed stopped", Streak(1, 1)),
            ("failed success success", Streak(0, 0)),
        ],
    )
    def test_failures_in_a_row_are_counted_with_the_end(self, store, states, streak):
        done = [ended(store, State(state)) for state in states.split()]
        assert done[-1] == streak
        failures = [health.failures for health in store.health().values()]
        assert failures == ([streak.after] if streak.after else [])

    def test_each_host_has_a_streak_of_its_own_where_it_has_the_job_for_itself(self, store):
        def at(place, state):
            run = store.add(by_hand("rotate", place=place), owner="me", host=place, now=NOON)
            (run,) = store.start([Launch(run=run.id)], owner="me", host=place, now=NOON)
            return end(store, run, state)

        assert at("web-1", State.FAILED) == Streak(0, 1)
        assert at("web-2", State.SUCCESS) == Streak(0, 0)
        assert at("web-1", State.FAILED) == Streak(1, 2)
        assert at("web-2", State.FAILED) == Streak(0, 1)
        store.pause("rotate", Pause(by="ann", reason="", since=NOON))
        (health,) = store.health().values()
        assert (health.failures, health.pause.by) == (2, "ann")  # of the host where it is worst
        assert at("web-1", State.SUCCESS) == Streak(2, 0)
        assert store.health()["rotate"].failures == 1

    def test_a_host_that_runs_a_job_no_more_has_it_fail_no_more(self, store):
        first = first_look("rotate", next_at=NOON, place="web-1")
        store.claim([first], owner="me", host="web-1", now=NOON)
        run = store.add(by_hand("rotate", place="web-1"), owner="me", host="web-1", now=NOON)
        (run,) = store.start([Launch(run=run.id)], owner="me", host="web-1", now=NOON)
        end(store, run, State.FAILED)
        gone = look(job="rotate", place="web-1", since=NOON, until=NOON, next_at=None, schedule="")
        store.claim([gone], owner="me", host="web-1", now=NOON)
        assert store.health() == {}

    def test_what_is_told_of_a_host_depends_on_what_was_told_of_that_host(self, store):
        heard = []

        def heed(known):
            heard.append({channel: alarm.failures for channel, alarm in known.items()})
            alarm = Alarm(failures=heard[-1].get("ops", 0) + 1, since=NOON)
            return Told(alarms={"ops": alarm})

        for place in ("web-1", "web-2", "web-1"):
            run = store.add(by_hand("rotate", place=place), owner="me", host=place, now=NOON)
            (run,) = store.start([Launch(run=run.id)], owner="me", host=place, now=NOON)
            store.finish([replace(ending(run, State.FAILED), heed=heed)], owner="me")
        assert heard == [{}, {}, {"ops": 1}]

    def test_an_attempt_that_is_retried_is_not_yet_a_failure(self, store):
        run = running(store)
        done = store.finish([ending(run, State.FAILED, retry_at=SLOT)], owner="me")
        assert done == {run.id: Streak(0, 0)}

    def test_a_queued_run_is_withdrawn_with_a_reason(self, store):
        run = queue(store)
        store.withdraw(run.id, State.SKIPPED, "still running", owner="me", now=SLOT)
        left = store.run(run.id)
        assert (left.state, left.reason, left.finished_at) == (State.SKIPPED, "still running", SLOT)

    def test_a_run_that_does_not_wait_is_not_withdrawn(self, store):
        run = running(store)
        assert store.withdraw(run.id, State.STOPPED, "", owner="me", now=SLOT) is None

    def test_the_run_of_another_owner_is_not_withdrawn(self, store):
        run = queue(store)
        assert store.withdraw(run.id, State.STOPPED, "", owner="you", now=SLOT) is None

    def test_of_many_exactly_one_takes_over_from_an_owner_that_is_gone(self, open_store):
        def adopt(number):
            with closing(open_store()) as store:
                return store.adopt("me", f"new{number}")

        with closing(open_store()) as store:
            runs = [running(store), queue(store)]
            with ThreadPoolExecutor(8) as pool:
                (adopted,) = filter(None, pool.map(adopt, range(8)))
            assert [run.id for run in adopted] == [run.id for run in runs]
            assert store.live() == adopted == store.live(adopted[0].owner)

    def test_what_is_over_is_not_live(self, store):
        ended(store, State.SUCCESS)
        assert store.live() == []

    def test_hostile_text_and_numbers_are_kept_as_far_as_they_can_be(self, store):
        run = running(store)
        hostile = "\udcff\0é" * 1000
        store.finish([ending(run, State.FAILED, message=hostile, max_rss=2**70)], owner="me")
        assert store.run(run.id).message.endswith("é")
        assert store.run(run.id).max_rss == 2**63 - 1

    @pytest.mark.parametrize("state", [State.SKIPPED, State.MISSED, State.QUEUED, State.RUNNING])
    def test_no_attempt_ends_in_a_state_without_one(self, state):
        with pytest.raises(ValueError, match="no attempt ends as"):
            Ending(run=1, attempt=1, outcome=Outcome(state=state, finished_at=NOON))
