"""Hosts that are lost, and what becomes of their runs: once, and truly told."""

from datetime import timedelta

import pytest

from jobrunner.engine.actions.outside import Outsider, here
from jobrunner.errors import StoreAwayError, StoreError
from jobrunner.model.decision import Route
from jobrunner.model.job import Retry
from jobrunner.model.run import State, Trigger
from jobrunner.model.value import Duration
from jobrunner.process.birth import Birth
from jobrunner.store.value import Launch, Request, RunFilter
from tests.build import NOON, make_job

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
LEASE = timedelta(minutes=3)
LOST = Retry(attempts=1, delay=Duration(seconds=1), on=("lost",))
ONCE = make_job(name="once", command="sleep 600")
AGAIN = make_job(name="again", command="sleep 600", retry=LOST)
JOBS = (ONCE, AGAIN)
ANYWHERE = Route("", 0)


@pytest.fixture
def hosts(town):
    """Two hosts, of which one is about to be lost."""
    return town.host("web-1", *JOBS), town.host("web-2", *JOBS)


def run_of(host, job):
    (run,) = host.post.store.runs(RunFilter(job=job))
    return run


def take(host, number=1):
    """Take so many runs, as a host does that has room."""
    return host.store.take_runs(
        [""], number, owner=host.post.owner, host=host.name, worker=host.member.worker
    )


def begin_in_ledger(host, run):
    """Begin an attempt that is launched in the host's next turn."""
    host.lobby.put(run)
    launch = Launch(run=run.id, output="0/1-1.log")
    (begun,) = host.store.start(
        [launch], owner=host.post.owner, host=host.name, now=host.post.now()
    )
    return begun


def lose(town, host):
    town.pass_time(LEASE + MINUTE / 2, without=[host])


def test_a_host_that_is_silent_for_less_than_a_lease_keeps_its_runs(town, hosts):
    one, two = hosts
    run = begin_in_ledger(two, two.queue("again"))
    town.pass_time(5 * MINUTE)
    town.pass_time(LEASE, without=[two])
    assert one.store.run(run.id).owner == two.post.owner


def test_a_run_of_a_lost_host_is_lost_and_says_since_when(town, hosts):
    one, two = hosts
    begin_in_ledger(two, two.queue("once"))
    town.pass_time(5 * MINUTE)
    lose(town, two)
    run = run_of(one, "once")
    assert run.state is State.LOST
    assert run.reason == (
        "web-2 was not heard of since 2026-11-20T12:05:00Z; nobody knows how it ended"
    )
    assert run.error == "CPU and memory are not known: it ran on web-2"
    (attempt,) = one.store.attempts(run.id)
    assert (attempt.state, attempt.host) == (State.LOST, "web-2")


def test_a_run_that_is_tried_again_says_that_two_may_run(town, hosts):
    one, two = hosts
    begin_in_ledger(two, two.queue("again", route=ANYWHERE) and take(two)[0].run)
    lose(town, two)
    run = run_of(one, "again")
    assert (run.state, run.owner) == (State.RETRYING, "")
    assert run.error.endswith("it may still run on web-2: a second start cannot be excluded")


def test_a_run_that_is_tried_again_is_had_by_any_host(town, hosts):
    one, two = hosts
    begin_in_ledger(two, two.queue("again", route=ANYWHERE) and take(two)[0].run)
    lose(town, two)
    (taken,) = one.store.untaken(10)
    assert taken.run == run_of(one, "again").id


def test_what_waits_on_a_lost_host_waits_for_any(town, hosts):
    one, two = hosts
    two.queue("once", route=ANYWHERE)
    (taken,) = take(two)
    assert take(one) == []
    lose(town, two)
    assert run_of(one, "once").owner == ""
    assert [each.run.id for each in take(one)] == [taken.run.id]


def test_what_runs_at_its_own_place_is_lost_and_not_tried_elsewhere(town, hosts):
    one, two = hosts
    begin_in_ledger(two, two.queue("again", place="web-2"))
    lose(town, two)
    run = run_of(one, "again")
    assert (run.state, run.place) == (State.LOST, "web-2")
    assert "second start" not in run.error


def test_what_waits_for_its_own_place_is_missed_when_that_is_lost(town, hosts):
    one, two = hosts
    two.queue("once", trigger=Trigger.SCHEDULE, place="web-2", scheduled_for=NOON)
    lose(town, two)
    run = run_of(one, "once")
    assert (run.state, run.reason) == (
        State.MISSED,
        "web-2 was not heard of since 2026-11-20T12:00:00Z",
    )


def test_of_many_hosts_one_sees_to_a_lost_one(town):
    hosts = [town.host(f"web-{number}", *JOBS) for number in range(1, 5)]
    lost = hosts.pop()
    for _ in range(10):
        begin_in_ledger(lost, lost.queue("once"))
    lose(town, lost)
    attempts = [
        attempt
        for run in hosts[0].store.runs(RunFilter(job="once"))
        for attempt in hosts[0].store.attempts(run.id)
    ]
    assert len(attempts) == 10
    assert {attempt.state for attempt in attempts} == {State.LOST}
    assert hosts[0].store.health()["once"].failures == 10


def test_a_host_that_has_just_begun_waits_for_a_whole_lease(town):
    two = town.host("web-2", *JOBS)
    run = begin_in_ledger(two, two.queue("once"))
    town.pass_time(10 * MINUTE, without=[two])
    one = town.host("web-1", *JOBS)
    town.pass_time(LEASE - SECOND, without=[two])
    assert one.store.run(run.id).state is State.RUNNING
    town.pass_time(MINUTE / 2, without=[two])
    assert one.store.run(run.id).state is State.LOST


def test_a_database_that_was_away_makes_nobody_lost(town, hosts):
    one, two = hosts
    run = begin_in_ledger(two, two.queue("again"))
    town.pass_time(10 * MINUTE)
    for host in hosts:
        host.store.go_away(StoreAwayError("away", is_silent=True))
    town.pass_time(10 * MINUTE, without=hosts)
    for host in hosts:
        host.store.come_back()
    one.turn()  # the first that hears of it
    town.pass_time(LEASE - SECOND)
    assert one.store.run(run.id).owner == two.post.owner


def test_a_replica_that_knows_older_beats_makes_nobody_lost(town, hosts):
    one, two = hosts
    run = begin_in_ledger(two, two.queue("again"))
    town.pass_time(10 * MINUTE)
    town.age_beats(5 * MINUTE)
    one.turn()  # the first that reaches it
    town.advance(10 * SECOND)
    one.turn()
    town.pass_time(LEASE)
    assert one.store.run(run.id).owner == two.post.owner


@pytest.mark.parametrize("by", [10 * MINUTE, -10 * MINUTE])
def test_a_database_whose_clock_is_set_makes_nobody_lost(town, hosts, by):
    one, two = hosts
    run = begin_in_ledger(two, two.queue("again"))
    town.pass_time(10 * MINUTE)
    town.set_database_clock(by)
    town.pass_time(10 * MINUTE)
    assert one.store.run(run.id).owner == two.post.owner


@pytest.mark.parametrize("by", [10 * MINUTE, -10 * MINUTE])
def test_a_host_whose_clock_is_set_is_not_lost_and_calls_nobody_so(town, hosts, by):
    one, two = hosts
    runs = [begin_in_ledger(host, host.queue("again")) for host in hosts]
    town.pass_time(10 * MINUTE)
    two.clock._now += by
    town.pass_time(10 * MINUTE)
    assert [one.store.run(run.id).owner for run in runs] == [each.post.owner for each in hosts]
    (_, host) = one.store.hosts()
    assert host.skew == by


def test_the_runs_of_a_host_that_was_forgotten_are_lost_too(town, hosts):
    one, two = hosts
    run = begin_in_ledger(two, two.queue("once"))
    town.pass_time(5 * MINUTE)
    one.store.forget_host("web-2")
    town.pass_time(LEASE - SECOND, without=[two])
    assert one.store.run(run.id).state is State.RUNNING
    town.pass_time(2 * MINUTE, without=[two])
    found = one.store.run(run.id)
    assert (found.state, found.reason) == (
        State.LOST,
        "web-2 is gone; nobody knows how it ended",
    )


def test_what_runs_outside_is_lost_with_its_host_and_not_before(town, hosts):
    one, two = hosts
    owner = str(here("web-2"))
    run = two.queue("once")
    two.store.adopt(two.post.owner, owner)
    launch = Launch(run=run.id)
    two.store.start([launch], owner=owner, host="web-2", now=two.post.now())
    town.pass_time(5 * MINUTE)
    assert one.store.run(run.id).state is State.RUNNING
    lose(town, two)
    assert one.store.run(run.id).state is State.LOST


def test_what_somebody_ran_here_by_himself_who_was_killed_is_ended_here(town, hosts):
    one, _ = hosts
    owner = str(Outsider("web-1", Birth(7, "another boot", 1)))
    run = one.queue("once")
    one.store.adopt(one.post.owner, owner)
    one.store.start([Launch(run=run.id)], owner=owner, host="web-1", now=one.post.now())
    town.pass_time(MINUTE)
    assert one.store.run(run.id).state is State.LOST


def test_a_job_that_is_in_no_file_any_more_is_lost_for_good(town):
    one, two = town.host("web-1"), town.host("web-2", *JOBS)
    begin_in_ledger(two, two.queue("again"))
    lose(town, two)
    assert run_of(one, "again").state is State.LOST


def test_requests_that_a_lost_host_took_are_open_again(town, hosts):
    one, two = hosts
    number = one.store.ask(Request(kind="run", job="once", asked_by="ann", asked_at=NOON))
    assert two.store.take(owner=two.post.owner, host="web-2", now=NOON)
    assert not one.store.take(owner=one.post.owner, host="web-1", now=NOON)
    lose(town, two)
    (request,) = one.store.take(owner=one.post.owner, host="web-1", now=NOON)
    assert request.id == number


# -- answers that were lost with the connection


def test_an_adoption_of_which_nobody_heard_is_seen_to_all_the_same(town, hosts):
    one, two = hosts
    run = begin_in_ledger(two, two.queue("once"))
    one.store.adopt(two.post.owner, one.post.owner)
    town.pass_time(MINUTE)
    assert one.store.run(run.id).state is State.LOST


def test_a_run_that_was_taken_without_an_answer_is_put_back(town, hosts):
    one, two = hosts
    two.queue("once", route=ANYWHERE)
    take(two)
    town.pass_time(MINUTE)
    assert run_of(one, "once").owner == ""
    assert len(take(one)) == 1


def test_a_run_that_was_queued_here_without_an_answer_waits_here(town, hosts):
    one, _ = hosts
    run = one.queue("once", place="web-1")
    town.pass_time(MINUTE)
    assert [each.id for each in one.lobby.waiting] == [run.id]


def test_an_attempt_that_began_without_an_answer_is_launched(town, hosts):
    one, _ = hosts
    run = begin_in_ledger(one, one.queue("once"))
    town.pass_time(MINUTE)
    assert [each.run.id for each in one.crew.running] == [run.id]
    assert one.lobby.waiting == []


def test_what_an_older_ledger_says_to_run_is_lost_and_not_launched_again(town, hosts):
    one, _ = hosts
    run = begin_in_ledger(one, one.queue("once"))
    one.lobby.forget(run.id)
    town.pass_time(MINUTE)
    assert one.crew.is_empty
    assert one.store.run(run.id).state is State.LOST


def test_what_was_taken_over_by_a_supervisor_that_was_killed_is_lost_of_its_host(town, hosts):
    one, two = hosts
    begin_in_ledger(two, two.queue("once"))
    town.pass_time(5 * MINUTE)
    town.pass_time(LEASE + MINUTE / 2, without=hosts)
    one.store.adopt(two.post.owner, one.post.owner)
    town.host("web-1", *JOBS, owner="2")
    town.pass_time(MINUTE, without=hosts)
    assert run_of(one, "once").reason.startswith("web-2 was not heard of since 2026-11-20T12:05")


def test_an_end_that_was_recorded_without_an_answer_has_its_consequences(town, hosts):
    one, _ = hosts
    job = make_job(name="short", command="true")
    one.post.adopt(type(one.post.config)(origin="", jobs={"short": job}))
    run = one.begin("short")
    finish = one.store._store.finish

    def lost(*arguments, **named):
        finish(*arguments, **named)
        raise StoreError("the answer was lost")

    one.store.finish = lost
    one.until(lambda: one.crew.is_behind)
    del one.store.finish
    ends = []
    one.until(lambda: ends.extend(one.crew.record()) or ends)
    assert [(end.run.id, end.outcome.state) for end in ends] == [(run.id, State.SUCCESS)]
