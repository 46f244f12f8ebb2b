"""A job's past slots, one run each: `backup` is due at 01:30 UTC each day, now it is noon."""

from datetime import UTC, datetime, timedelta

import pytest

from jobrunner.engine.actions import backfill
from jobrunner.engine.actions.backfill import Drive, Finished, Refused
from jobrunner.engine.order import RunOrder, decode
from jobrunner.errors import UnusableError
from jobrunner.model.run import State, Trigger
from jobrunner.store.value import Request

DAY = timedelta(days=1)
FIRST = datetime(2026, 11, 10, tzinfo=UTC)
SLOT = datetime(2026, 11, 10, 1, 30, tzinfo=UTC)


def plan(foreman, days, job="backup", first=FIRST):
    return backfill.plan(foreman.scene(), job, first, first + days * DAY, foreman.now())


def drive(foreman, slots, *, parallel=1, stops=lambda: 0):
    found = Drive(foreman.scene(), "backup", foreman, by="deploy", parallel=parallel)
    return list(found.run(slots, stops))


def finished(events):
    return [(event.slot, event.run.state) for event in events if isinstance(event, Finished)]


def succeed(foreman, slot):
    run = foreman.add("backup", RunOrder(trigger=Trigger.BACKFILL, slot_of=slot))
    foreman.finish(foreman._start(run), State.SUCCESS, 0)


def test_the_slots_are_those_of_the_time_asked_for_oldest_first(foreman):
    assert plan(foreman, 3).slots == (SLOT, SLOT + DAY, SLOT + 2 * DAY)


def test_a_slot_on_either_edge_counts(foreman):
    found = backfill.plan(foreman.scene(), "backup", SLOT, SLOT + DAY, foreman.now())
    assert found.slots == (SLOT, SLOT + DAY)


def test_what_is_still_to_come_is_left_to_the_schedule(foreman):
    assert plan(foreman, 1000).slots[-1] == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)


def test_slots_that_a_run_succeeded_for_are_left_out(foreman):
    succeed(foreman, SLOT + DAY)
    found = plan(foreman, 3)
    assert (found.slots, found.done) == ((SLOT, SLOT + 2 * DAY), 1)


def test_a_slot_that_failed_is_run_again(foreman):
    run = foreman.add("backup", RunOrder(trigger=Trigger.BACKFILL, slot_of=SLOT))
    foreman.finish(foreman._start(run), State.FAILED, 1)
    assert SLOT in plan(foreman, 3).slots


def test_a_slot_that_is_being_run_is_left_out(foreman):
    foreman.add("backup", RunOrder(trigger=Trigger.BACKFILL, slot_of=SLOT))
    found = plan(foreman, 3)
    assert (SLOT in found.slots, found.live) == (False, 1)


def test_successes_are_found_on_every_page(foreman, monkeypatch):
    monkeypatch.setattr(backfill, "PAGE", 2)
    for number in range(5):
        succeed(foreman, SLOT + number * DAY)
    assert plan(foreman, 5).slots == ()


def test_a_stretch_with_too_many_slots_is_refused(foreman, monkeypatch):
    monkeypatch.setattr(backfill, "MOST", 2)
    with pytest.raises(UnusableError, match="more than 2 slots"):
        plan(foreman, 3)


def test_each_slot_is_run_in_its_turn_with_its_own_dates(foreman):
    slots = plan(foreman, 3).slots
    events = drive(foreman, slots)
    assert finished(events) == [(slot, State.SUCCESS) for slot in slots]
    orders = [decode(request.arguments) for request in foreman.asked]
    assert [order.slot_of for order in orders] == [*slots]
    assert {(order.trigger, order.overlap) for order in orders} == {(Trigger.BACKFILL, "queue")}
    assert plan(foreman, 3).done == 3


@pytest.mark.parametrize("parallel", [1, 2, 5])
def test_never_more_run_at_once_than_are_allowed(foreman, parallel):
    seen = []
    step = foreman.step

    def watched():
        step()
        seen.append(len(foreman.store.live()))

    foreman.step = watched
    drive(foreman, plan(foreman, 8).slots, parallel=parallel)
    assert max(seen) == parallel


def test_a_failure_does_not_stop_the_others(foreman):
    foreman.scripts = {"backup": [(b"", 3)]}
    states = [state for _, state in finished(drive(foreman, plan(foreman, 3).slots))]
    assert states == [State.FAILED] * 3


def test_a_no_is_told_for_its_slot(foreman):
    foreman.refusal = "not today"
    events = drive(foreman, plan(foreman, 1).slots)
    assert Refused(SLOT, "not today") in events


def test_who_asks_to_stop_begins_no_further_slot(foreman):
    stops = []
    foreman.on_sleep = [lambda: stops.append(1)]
    events = drive(foreman, plan(foreman, 5).slots, stops=lambda: len(stops))
    assert finished(events) == [(SLOT, State.SUCCESS)]


def test_who_asks_twice_has_what_runs_stopped(foreman):
    foreman.scripts = {"backup": [(b"", None)]}
    stops = []
    foreman.on_sleep = [lambda: None] * 3 + [lambda: stops.extend((1, 2))]
    events = drive(foreman, plan(foreman, 5).slots, stops=lambda: len(stops))
    assert finished(events) == [(SLOT, State.STOPPED)]


def test_who_asks_three_times_waits_for_nothing(foreman):
    foreman.scripts = {"backup": [(b"", None)]}
    stops = []
    foreman.on_sleep = [lambda: None] * 3 + [lambda: stops.extend((1, 2, 3))]
    assert finished(drive(foreman, plan(foreman, 5).slots, stops=lambda: len(stops))) == []


def entrust(foreman, found, parallel=1):
    return backfill.entrust(
        foreman.scene(), found, parallel=parallel, by="deploy", now=foreman.now()
    )


def test_slots_can_be_left_to_the_supervisor_one_after_the_other(foreman):
    found = plan(foreman, 3)
    numbers = entrust(foreman, found)
    orders = [decode(foreman.store.request(each).arguments) for each in numbers]
    assert [order.slot_of for order in orders] == [*found.slots]
    assert {(order.trigger, order.overlap) for order in orders} == {(Trigger.BACKFILL, "queue")}


def test_slots_that_are_asked_for_are_left_out(foreman):
    entrust(foreman, plan(foreman, 3))
    foreman.store.ask(Request(kind="run", job="backup", arguments="{", asked_by="x", asked_at=SLOT))
    found = plan(foreman, 3)
    assert (found.slots, found.live) == ((), 3)


def test_nobody_holds_the_supervisor_to_a_number_that_is_not_the_jobs(foreman):
    with pytest.raises(UnusableError, match="max_instances: 1"):
        entrust(foreman, plan(foreman, 3), parallel=2)


def test_no_more_slots_are_left_to_him_than_he_can_bear(foreman, monkeypatch):
    monkeypatch.setattr(backfill, "MOST_ENTRUSTED", 2)
    with pytest.raises(UnusableError, match="3 slots to run in that time, and at most 2"):
        entrust(foreman, plan(foreman, 3))
    assert foreman.store.take(owner="me", host="", now=foreman.now()) == []


def test_where_there_is_nothing_to_run_nothing_is_asked(foreman):
    assert entrust(foreman, plan(foreman, 0)) == []
