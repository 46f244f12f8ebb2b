"""What a store promises about requests, pauses and breakers."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from msgspec.structs import replace

from jobrunner.model.breaker import Breaker
from jobrunner.model.pause import Pause
from jobrunner.model.run import State, Trigger
from jobrunner.store.value import EVERY_JOB, NewRun, Request
from tests.build import NOON
from tests.store.life import (
    HOUR,
    MINUTE,
    ask,
    ended,
    queue,
)

SLOT = NOON + MINUTE


class OrderContract:
    def test_each_request_goes_to_one_owner(self, open_store):
        with closing(open_store()) as store:
            numbers = [ask(store) for _ in range(5)]

        def take(number):
            with closing(open_store()) as store:
                return store.take(owner=f"me{number}", host="web-1", now=SLOT)

        with ThreadPoolExecutor(8) as pool:
            taken = [request.id for requests in pool.map(take, range(8)) for request in requests]
        assert taken == numbers

    def test_requests_are_kept_together_in_their_order_or_not_at_all(self, store):
        wanted = [Request(kind="run", job=job, asked_by="ann", asked_at=NOON) for job in "ab"]
        numbers = store.ask_all(wanted)
        assert [store.request(number).job for number in numbers] == ["a", "b"]
        with pytest.raises(Exception):  # noqa: B017 - whatever each database calls it
            store.ask_all([*wanted, replace(wanted[0], asked_by="")])
        assert len(store.take(owner="me", host="", now=SLOT)) == 2

    def test_what_is_asked_of_a_job_is_known_until_it_is_answered(self, store):
        first, second, _ = ask(store), ask(store, kind="stop", run=1), ask(store, job="other")
        assert [each.id for each in store.asked("backup")] == [first, second]
        store.take(owner="me", host="", now=SLOT)
        store.answer(first, owner="me", done=True, answer="1", now=SLOT)
        assert [each.id for each in store.asked("backup")] == [second]

    def test_a_request_for_another_host_is_left_alone(self, store):
        ask(store, host="web-2")
        assert store.take(owner="me", host="web-1", now=SLOT) == []

    def test_what_became_of_a_request_can_be_read(self, store):
        number = ask(store)
        store.take(owner="me", host="", now=SLOT)
        assert store.answer(number, owner="me", done=True, answer="run 7", now=SLOT)
        answered = store.request(number)
        assert (answered.done, answered.answer, answered.answered_at) == (True, "run 7", SLOT)

    def test_a_request_that_is_not_this_owners_is_not_its_to_answer(self, store):
        number = ask(store)
        assert not store.answer(number, owner="me", done=True, answer="", now=SLOT)
        assert store.request(number).done is None

    def test_requests_of_an_owner_that_is_gone_are_open_again(self, store):
        number, answered = ask(store), ask(store)
        store.take(owner="me", host="", now=SLOT)
        store.answer(answered, owner="me", done=True, answer="", now=SLOT)
        store.adopt("me", "you")
        assert [each.id for each in store.take(owner="you", host="", now=SLOT)] == [number]
        assert store.answer(number, owner="you", done=False, answer="no", now=SLOT)

    def test_a_run_is_queued_together_with_the_answer_to_its_request(self, store):
        number = ask(store)
        store.take(owner="me", host="", now=SLOT)
        new = NewRun(job="backup", trigger=Trigger.MANUAL, request=number)
        run = store.add(new, owner="me", host="", now=SLOT)
        answered = store.request(number)
        assert (answered.done, answered.answer) == (True, str(run.id))

    def test_a_request_that_is_somebody_elses_queues_nothing(self, store):
        number = ask(store)
        new = NewRun(job="backup", trigger=Trigger.MANUAL, request=number)
        assert store.add(new, owner="me", host="", now=SLOT) is None
        assert store.live() == []

    def test_owners_are_those_of_live_runs_and_of_requests_in_hand(self, store):
        ask(store)
        queue(store)
        ended(store, State.SUCCESS)
        store.take(owner="clerk", host="", now=SLOT)
        assert store.owners() == {"me", "clerk"}

    def test_a_pause_tells_who_why_and_until_when_and_ends_by_itself(self, store):
        pause = Pause(by="deploy", reason="db1", since=NOON, until=NOON + HOUR)
        store.pause("backup", pause)
        kept = store.health()["backup"].pause
        assert kept == pause
        assert kept.holds(NOON + MINUTE)
        assert not kept.holds(NOON + HOUR)

    def test_the_last_word_on_a_pause_counts(self, store):
        store.pause(EVERY_JOB, Pause(by="a", since=NOON))
        store.pause(EVERY_JOB, Pause(by="b", since=SLOT))
        assert store.health()[EVERY_JOB].pause.by == "b"
        store.pause(EVERY_JOB, None)
        assert store.health() == {}

    def test_a_breaker_moves_only_from_where_it_stands(self, store):
        closed = Breaker(name="api")
        opened = Breaker(name="api", state="open", failures=5, opened_at=NOON)
        probing = Breaker(name="api", state="half_open", failures=5, opened_at=NOON, probe=7)
        assert [
            store.move_breaker(closed, opened),
            store.move_breaker(closed, opened),
            store.move_breaker(opened, probing),
        ] == [True, False, True]
        assert store.breakers() == {"api": probing}
