"""What each host takes of what waits for any, and in whose way runs of other hosts are."""

from datetime import timedelta

import pytest

from jobrunner.engine.cluster.fellows import Fellows
from jobrunner.engine.cluster.queueing import INTERVAL, Queueing
from jobrunner.engine.cluster.taking import COURTESY, LONGEST, Taking
from jobrunner.model.run import State, Trigger
from jobrunner.policy.waiting import Waiting
from jobrunner.store.value import NewRun
from tests.build import make_job
from tests.engine.cluster.town import CLUSTER

SECOND = timedelta(seconds=1)


class Taker:
    """A host of a town that takes what is queued."""

    def __init__(self, host):
        self.host = host
        self.taking = Taking(host.post, host.store, host.member, host.lobby)

    def ask(self, job, count=1):
        """Runs of a job that wait for any host that it may run on."""
        post = self.host.post
        new = NewRun(
            job=job, trigger=Trigger.MANUAL, asked_by="me", route=post.route(post.jobs[job])
        )
        make = post.store.add
        return [
            make(new, owner=post.owner, host=self.host.name, now=post.now()) for _ in range(count)
        ]

    def take(self):
        """What it takes when it hears of something, after it has let others go first."""
        self.taking.ring()
        self.host.clock.advance(timedelta(seconds=10 * COURTESY))
        before = {run.id for run in self.host.lobby.waiting}
        self.taking.take()
        return [run.job for run in self.host.lobby.waiting if run.id not in before]


@pytest.fixture
def takers(town):
    def takers(*names, jobs, **settings):
        found = [Taker(town.host(name, *jobs, **settings.get(name, {}))) for name in names]
        for taker in found:
            taker.host.member.hurry()
            taker.host.member.turn()  # by now it has seen the others
        return found

    return takers


def test_what_waits_is_shared_out_as_there_is_room(takers):
    a, b = takers("a", "b", jobs=[make_job(name="one", overlap="allow")], b={"max_parallel": 50})
    a.ask("one", 9)
    assert len(b.take()) == 3  # it has half the room of the other
    assert len(a.take()) == 4


def test_what_others_leave_is_taken_a_moment_later(takers):
    a, _ = takers("a", "b", jobs=[make_job(name="one", overlap="allow")])
    a.ask("one", 3)
    found = a.take()
    while len(found) < 3:
        a.host.clock.advance(SECOND)
        before = len(a.host.lobby.waiting)
        a.taking.take()
        assert len(a.host.lobby.waiting) > before
        found = a.host.lobby.waiting


def test_a_full_host_takes_nothing_and_waits_for_room(takers):
    (a,) = takers("a", jobs=[make_job(name="one", overlap="allow")], a={"max_parallel": 2})
    a.ask("one", 3)
    assert len(a.take()) == 2
    assert a.take() == []


def test_who_hears_nothing_looks_nevertheless(takers):
    (a,) = takers("a", jobs=[make_job(name="one")])
    a.taking.take()
    a.ask("one")
    a.taking.take()
    assert a.host.lobby.waiting == []
    a.host.clock.advance(timedelta(seconds=LONGEST))
    a.taking.take()
    assert len(a.host.lobby.waiting) == 1


def test_what_waits_for_others_to_end_takes_nobodys_place(takers):
    jobs = [make_job(name="one", overlap="queue", command="exec sleep 600"), make_job(name="two")]
    (a,) = takers("a", jobs=jobs, a={"max_parallel": 2})
    a.host.begin("one")
    a.ask("one")
    assert a.take() == ["one"]
    a.host.lobby.admit()
    a.ask("two")
    assert a.take() == ["two"]


def test_a_run_whose_jitter_is_not_over_is_left_to_whoever_has_room_then(takers):
    (a,) = takers("a", jobs=[make_job(name="one", jitter=timedelta(hours=5))])
    post = a.host.post
    new = NewRun(
        job="one",
        trigger=Trigger.SCHEDULE,
        scheduled_for=post.now(),
        route=post.route(post.jobs["one"]),
    )
    run = post.store.add(new, owner=post.owner, host="a", now=post.now())
    assert a.take() == []
    assert post.store.run(run.id).owner == ""


def test_a_job_is_taken_where_it_is_placed(takers):
    jobs = [make_job(name="named", hosts=("b*",)), make_job(name="labelled", labels=("gpu",))]
    a, b, c = takers("a", "b", "c", jobs=jobs, c={"labels": ("gpu", "ssd")})
    a.ask("named")
    a.ask("labelled")
    assert (a.take(), c.take(), b.take()) == ([], ["labelled"], ["named"])


def test_a_preferred_host_has_it_as_long_as_it_has_room(takers):
    a, b = takers(
        "a",
        "b",
        jobs=[make_job(name="one", prefer=("b",), overlap="allow", command="sleep 600")],
        b={"max_parallel": 1},
    )
    a.ask("one", 2)
    assert a.take() == []
    assert b.take() == ["one"]
    b.host.lobby.admit()
    b.host.member.hurry()
    b.host.member.turn()
    a.host.member.hurry()
    a.host.member.turn()
    assert a.take() == ["one"]


def test_what_this_host_does_not_know_is_left_to_those_that_do(takers, town):
    (a,) = takers("a", jobs=[make_job(name="old")])
    b = Taker(town.host("b", make_job(name="new")))
    a.host.member.hurry()
    a.host.member.turn()
    (run,) = b.ask("new")
    assert a.take() == []
    assert a.host.store.run(run.id).owner == ""


def test_a_run_waits_as_long_as_its_job_runs_on_another_host(takers):
    job = make_job(name="one", overlap="queue", command="exec sleep 600")
    a, b = takers("a", "b", jobs=[job])
    first = a.host.begin("one")
    (run,) = b.ask("one")
    b.take()
    waiting = Waiting(run=run, job=job, overlap="queue", ready_at=run.created_at)
    fellows = Fellows(b.host.post, b.host.store, b.host.crew, b.host.lobby, is_ticker=False)
    with fellows.turnstile([waiting]) as elsewhere:
        assert [busy.run.id for busy in elsewhere] == [first.id]
    b.host.lobby.company = fellows
    b.host.lobby.admit()
    assert [each.id for each in b.host.lobby.waiting] == [run.id]
    a.host.crew.stop(first.id, "test", by_force=True)
    a.host.until(lambda: not [*a.host.crew.running])
    b.host.lobby.admit()
    assert b.host.store.run(run.id).state is State.RUNNING


def test_what_waits_for_a_placement_of_before_goes_where_the_job_is_now(takers, town):
    (a,) = takers("a", jobs=[make_job(name="one", hosts=("gone",))])
    (run,) = a.ask("one")
    b = Taker(town.host("b", make_job(name="one")))
    queueing = Queueing(b.host.post, b.host.store, b.host.lobby)
    b.host.clock.advance(INTERVAL)
    queueing.see_to()
    assert b.take() == ["one"]
    assert b.host.store.run(run.id).owner == b.host.post.owner


def test_what_no_host_has_a_place_for_in_time_is_left_out_with_that_reason(takers):
    (a,) = takers(
        "a", jobs=[make_job(name="one", hosts=("gone",), queue_timeout=timedelta(minutes=1))]
    )
    (run,) = a.ask("one")
    queueing = Queueing(a.host.post, a.host.store, a.host.lobby)
    for _ in range(7):
        a.host.clock.advance(INTERVAL)
        queueing.see_to()
    found = a.host.store.run(run.id)
    assert (found.state, found.reason) == (
        State.SKIPPED,
        "no host had a place for it in time (queue_timeout)",
    )


def test_nothing_waits_for_ever_behind_what_does(takers, monkeypatch):
    monkeypatch.setattr(f"{Queueing.__module__}.MOST", 2)
    soon = timedelta(minutes=1)
    names = ("one", "two", "three")
    jobs = [make_job(name=name, hosts=("gone",)) for name in names]
    (a,) = takers("a", jobs=[*jobs, make_job(name="four", hosts=("gone",), queue_timeout=soon)])
    runs = [a.ask(name)[0].id for name in (*names, "four")]
    queueing = Queueing(a.host.post, a.host.store, a.host.lobby)
    a.host.clock.advance(soon)
    for _ in range(3):
        a.host.clock.advance(INTERVAL)
        queueing.see_to()
    states = [a.host.store.run(run).state for run in runs]
    assert states == [State.QUEUED] * 3 + [State.SKIPPED]


def test_what_waits_at_a_host_goes_to_others_once_it_is_drained(takers):
    job = make_job(name="one", overlap="queue", command="exec sleep 600")
    a, b = takers("a", "b", jobs=[job])
    b.ask("one", 2)
    assert b.take()
    fellows = Fellows(b.host.post, b.host.store, b.host.crew, b.host.lobby, is_ticker=False)
    fellows.join()
    fellows.take()
    waiting = [run.id for run in b.host.lobby.waiting]
    assert waiting  # as long as it works they stay
    b.host.store.drain("b", "ann", now=b.host.store.clock())
    b.host.clock.advance(CLUSTER.beat)
    fellows.keep_in_touch()
    fellows.take()
    assert b.host.lobby.waiting == []
    assert {a.host.store.run(run).owner for run in waiting} == {""}
    while a.take():  # its share, and the rest
        pass
    assert {a.host.store.run(run).owner for run in waiting} == {a.host.post.owner}


def test_where_nothing_is_to_be_taken_nothing_hurries(takers):
    (a,) = takers("a", jobs=[make_job(name="one")])
    fellows = Fellows(a.host.post, a.host.store, a.host.crew, a.host.lobby, is_ticker=False)
    fellows.join()
    fellows.is_rung()
    fellows.take()
    a.host.clock.advance(timedelta(seconds=LONGEST))
    clock = a.host.post.ground.clock
    assert fellows.next_at() <= clock.elapsed()
    fellows.keep_in_touch()  # no ticks come any more, or it is to end: so it takes nothing
    assert fellows.next_at() > clock.elapsed()
