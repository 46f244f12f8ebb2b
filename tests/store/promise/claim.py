"""What a store promises about claims: who may run what."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from jobrunner.model.decision import Omit, Start
from jobrunner.model.run import State, Trigger
from jobrunner.store.value import (
    NewRun,
    RunFilter,
)
from tests.build import NOON
from tests.store.life import (
    HOUR,
    MINUTE,
    ask,
    ended,
    ending,
    first_look,
    look,
    queue,
    running,
    seen,
)

# One suite for every store: each runs it, with fixtures of its own.
SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
SLOT = NOON + MINUTE


class ClaimContract:
    def test_of_any_number_of_callers_exactly_one_writes_each_slot(self, open_store):
        with closing(open_store()) as store:
            seen(store, "backup")
        looks = [look(Start(SLOT), until=SLOT)]

        def claim(number):
            with closing(open_store()) as store:
                return store.claim(looks, owner=f"host{number}", host="", now=SLOT)

        with ThreadPoolExecutor(8) as pool:
            assert sum(len(won) for won in pool.map(claim, range(8))) == 1

    def test_each_caller_gets_the_rows_it_wrote(self, store):
        seen(store, "backup")
        omitted = Omit(state=State.MISSED, first=SLOT, last=SLOT, count=1, reason="no tick")
        decisions = (omitted, Start(SLOT + MINUTE, Trigger.CATCH_UP))
        won = store.claim([look(*decisions)], owner="me", host="web-1", now=NOON + HOUR)
        assert won == [store.run(run.id) for run in won]
        assert [(run.state, run.trigger) for run in won] == [
            (State.MISSED, Trigger.SCHEDULE),
            (State.QUEUED, Trigger.CATCH_UP),
        ]

    def test_a_look_counts_only_if_the_mark_still_stands_where_it_began(self, store):
        seen(store, "backup")
        store.claim([look(until=NOON + MINUTE)], owner="me", host="", now=NOON)
        late = look(Start(NOON + 2 * MINUTE), until=NOON + 2 * MINUTE)
        assert store.claim([late], owner="you", host="", now=NOON) == []

    def test_of_several_looks_those_count_whose_mark_still_stands(self, store):
        for job in ("a", "b", "c"):
            seen(store, job)
        store.claim([look(job="b", until=SLOT)], owner="you", host="", now=SLOT)
        looks = [look(Start(SLOT + MINUTE), job=job) for job in ("a", "b", "c")]
        won = store.claim(looks, owner="me", host="", now=NOON + HOUR)
        assert [run.job for run in won] == ["a", "c"]

    def test_the_first_look_at_a_job_sets_the_mark_and_decides_nothing(self, store):
        first = first_look("backup", next_at=NOON + HOUR)
        assert store.claim([first], owner="me", host="", now=NOON) == []
        mark = store.marks()["backup", ""]
        assert (mark.looked_at, mark.next_at, mark.first_seen_at) == (NOON, NOON + HOUR, NOON)

    def test_the_first_look_at_a_changed_schedule_sets_the_mark_and_decides_nothing(self, store):
        seen(store, "backup")
        changed = look(Start(SLOT), until=SLOT, schedule="other")
        assert store.claim([changed], owner="me", host="", now=SLOT) == []
        mark = store.marks()["backup", ""]
        assert (mark.looked_at, mark.schedule, mark.first_seen_at) == (SLOT, "other", NOON)

    def test_marks_that_are_due_are_told_and_those_of_a_clock_that_was_ahead(self, store):
        waits = {"past": NOON - HOUR, "now": NOON, "later": NOON + MINUTE, "never": None}
        firsts = [first_look(job, NOON - HOUR, next_at=at) for job, at in waits.items()]
        ahead = first_look("ahead", NOON + MINUTE, next_at=NOON + HOUR)
        store.claim([*firsts, ahead], owner="me", host="", now=NOON)
        assert {job for job, _ in store.marks(due=NOON)} == {"past", "now", "ahead"}

    def test_a_slot_of_a_stretch_cannot_be_claimed_again(self, store):
        seen(store, "backup")
        stretch = Omit(state=State.MISSED, first=SLOT, last=NOON + HOUR, count=60, reason="down")
        store.claim([look(stretch, until=NOON + HOUR)], owner="me", host="", now=NOON + HOUR)
        again = look(Start(NOON + 2 * MINUTE), until=NOON + HOUR)
        assert store.claim([again], owner="me", host="", now=NOON + HOUR) == []

    def test_a_stretch_is_one_row_however_long(self, store):
        seen(store, "backup")
        year = timedelta(days=365)
        stretch = Omit(state=State.SKIPPED, first=SLOT, last=NOON + year, count=525_600, reason="x")
        (run,) = store.claim([look(stretch, until=NOON + year)], owner="me", host="", now=NOON)
        assert (run.scheduled_for, run.slots_until, run.slots) == (SLOT, NOON + year, 525_600)

    def test_a_mark_that_a_wrong_clock_set_can_be_taken_back(self, store):
        seen(store, "backup", at=NOON + 100 * HOUR)
        back = look(since=NOON + 100 * HOUR, until=NOON, next_at=SLOT)
        store.claim([back], owner="me", host="", now=NOON)
        assert store.marks()["backup", ""].looked_at == NOON

    def test_each_place_has_slots_of_its_own(self, store):
        for place in ("web-1", "web-2"):
            store.claim([first_look("backup", place=place)], owner="me", host="", now=NOON)
        looks = [look(Start(SLOT), place=place) for place in ("web-1", "web-2")]
        won = store.claim(looks, owner="me", host="", now=SLOT)
        assert [run.place for run in won] == ["web-1", "web-2"]

    def test_a_run_that_names_a_slot_that_is_taken_is_not_queued(self, store):
        new = NewRun(job="report", trigger=Trigger.AFTER, scheduled_for=SLOT)
        first = store.add(new, owner="me", host="", now=SLOT)
        assert store.add(new, owner="me", host="", now=SLOT) is None
        assert first == store.run(first.id)

    def test_a_run_by_hand_holds_no_slot_but_may_name_one(self, store):
        runs = [queue(store, slot_of=SLOT) for _ in range(2)]
        assert [(run.scheduled_for, run.slot_of) for run in runs] == [(None, SLOT)] * 2

    def test_the_first_text_of_a_definition_stays(self, store):
        store.remember({"abc": "first"}, NOON)
        store.remember({"abc": "second", "def": "other"}, NOON)
        assert (store.definition("abc"), store.definition("def")) == ("first", "other")
        assert store.definition("nowhere") is None

    def test_nothing_to_do_is_told_as_such(self, store):
        seen(store, "backup")
        ended(store, State.SUCCESS)
        assert store.wake_at() is None

    def test_the_next_slot_is_the_time_to_wake(self, store):
        store.claim([first_look("backup", next_at=SLOT)], owner="me", host="", now=NOON)
        store.claim([first_look("report", next_at=SLOT + HOUR)], owner="me", host="", now=NOON)
        assert store.wake_at() == SLOT

    def test_the_next_slot_is_the_earliest_of_all_jobs_whatever_else_waits(self, store):
        assert store.next_slot() is None
        store.claim([first_look("backup", next_at=SLOT + HOUR)], owner="me", host="", now=NOON)
        store.claim([first_look("report", next_at=SLOT)], owner="me", host="", now=NOON)
        store.claim([first_look("never", next_at=None)], owner="me", host="", now=NOON)
        queue(store)
        assert store.next_slot() == SLOT

    def test_the_next_slot_of_a_place_is_none_of_other_places(self, store):
        for place, next_at in (("web-1", SLOT), ("web-2", SLOT + HOUR), ("", SLOT + 2 * HOUR)):
            look = replace(first_look("backup", next_at=next_at), place=place)
            store.claim([look], owner="me", host="", now=NOON)
        found = [store.next_slot(place) for place in (None, "web-1", "web-2", "db-1")]
        assert found == [SLOT, SLOT, SLOT + HOUR, SLOT + 2 * HOUR]

    def test_a_waiting_attempt_is_a_time_to_wake(self, store):
        run = running(store)
        store.finish([ending(run, State.FAILED, retry_at=NOON + HOUR)], owner="me")
        assert store.wake_at() == NOON + HOUR

    @pytest.mark.parametrize("leave", [ask, queue, running])
    def test_what_was_left_open_wakes_at_once(self, store, leave):
        leave(store)
        assert store.wake_at() <= NOON

    @settings(max_examples=12, deadline=None, suppress_health_check=SHARED)
    @given(
        ticks=st.lists(
            st.tuples(st.integers(0, 2), st.integers(1, 30), st.booleans(), st.booleans()),
            max_size=12,
        )
    )
    def test_every_slot_is_written_once_whatever_the_ticks_knew(self, new_store, ticks):
        """Three hosts look at up to half an hour, each with a mark that may be an old one."""
        with new_store() as store:
            seen(store, "backup")
            known = dict.fromkeys(range(3), NOON)
            latest = NOON
            for host, minutes, is_fresh, runs in ticks:
                if is_fresh:
                    known[host] = store.marks()["backup", ""].looked_at
                until = known[host] + minutes * MINUTE
                slots = [known[host] + n * MINUTE for n in range(1, minutes + 1)]
                wanted = look(*decided(slots, runs), since=known[host], until=until)
                if store.claim([wanted], owner=f"host{host}", host="", now=until):
                    latest = until
            written = sorted(slot for run in store.runs(RunFilter(limit=999)) for slot in of(run))
        assert written == [NOON + n * MINUTE for n in range(1, (latest - NOON) // MINUTE + 1)]


def decided(slots, runs):
    if runs:
        return map(Start, slots)
    last = {"last": slots[-1], "count": len(slots)}
    return [Omit(state=State.MISSED, first=slots[0], reason="down", **last)]


def of(run):
    return [run.scheduled_for + n * MINUTE for n in range(run.slots)]
