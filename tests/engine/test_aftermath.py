"""What follows from an end: once, whatever is killed or fails halfway."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from jobrunner.engine.aftermath import Aftermath
from jobrunner.engine.crew import Crew
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.recover import recover
from jobrunner.errors import StoreBusyError
from jobrunner.model.decision import Look
from jobrunner.model.job import BreakerRule
from jobrunner.model.run import Outcome, State, Trigger
from jobrunner.policy.claim import taken
from jobrunner.store.value import Launch, RunFilter
from tests.build import NOON, FakeClock, make_job
from tests.engine.workplace import a_post, queue

RULE = BreakerRule(after=3)
JOBS = (
    make_job(name="first", breaker=RULE),
    make_job(name="other"),
    make_job(name="second", after=("first",)),
    make_job(name="third", after=("second",)),
    make_job(name="both", after=("first", "other")),
)
STEPS = ("finish", "add", "withdraw", "runs")


class Killed(BaseException):
    """As by SIGKILL: nobody catches it, and what was done is done."""


class Mortal:
    """The ledger of a supervisor that is killed right before or after its nth call of this."""

    def __init__(self, store, name, number, *, is_after):
        self._store, self._name, self._left, self._is_after = store, name, number, is_after

    def __getattr__(self, name):
        def call(*values, **keys):
            self._left -= name == self._name
            if name == self._name and not self._left and not self._is_after:
                raise Killed
            found = getattr(self._store, name)(*values, **keys)
            if name == self._name and not self._left:
                raise Killed
            return found

        return call


class Broken:
    """A ledger that takes no new runs."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        if name == "add":
            raise StoreBusyError("busy")
        return getattr(self._store, name)


@pytest.fixture
def post(tmp_path):
    with a_post(tmp_path, *JOBS, clock=FakeClock()) as post:
        yield post


def parts(post):
    crew = Crew(post)
    lobby = Lobby(post, crew)
    return crew, lobby, Aftermath(post, lobby)


def start(post, job, **changes):
    """A run whose attempt is in the ledger, with the spool of one that has begun."""
    run = queue(post, job, **changes)
    (run,) = post.store.start([Launch(run=run.id)], owner="us", host="h", now=NOON)
    Path(post.ground.state.spool(run.id, 1)).touch()
    return run


def end(post, run, state=State.SUCCESS, **changes):
    """See to its end as a supervisor does."""
    crew, _, aftermath = parts(post)
    outcome = Outcome(state=state, finished_at=post.now(), **changes)
    crew.keep(run, post.jobs[run.job], outcome)
    aftermath.of(crew.record())
    crew.tidy()


def take_over(post):
    """What the next supervisor does first; those that wait in its lobby."""
    crew, lobby, aftermath = parts(post)
    recover(post, crew, lobby, aftermath)
    return sorted(run.job for run in lobby.waiting)


def followers(post, job):
    found = post.store.runs(RunFilter(job=job))
    return [(run.state, run.reason.rpartition(" ")[2]) for run in found]


def kill_at(post, name, number, is_after):
    """End a run in a supervisor that does not get far; whether it was killed."""
    sound = post.store
    run = start(post, "first")
    post.store = Mortal(sound, name, number, is_after=is_after)
    try:
        end(post, run, State.FAILED, exit_code=1)
    except Killed:
        return True
    finally:
        post.store = sound
    return False


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("name", STEPS)
def test_a_kill_at_any_step_loses_no_link_and_counts_no_failure_twice(post, name, number, is_after):
    kill_at(post, name, number, is_after)
    if post.store.live("us") and post.store.runs(RunFilter(job="first"))[0].state.is_live:
        end(post, post.store.runs(RunFilter(job="first"))[0], State.FAILED, exit_code=1)
    for _ in range(2):
        assert take_over(post) == []
        assert followers(post, "second") == [(State.SKIPPED, "failed")]
        assert followers(post, "third") == [(State.SKIPPED, "skipped")]
        assert post.store.breakers()["first"].failures == 1


@pytest.mark.parametrize("job", ["first", "other"])
def test_what_follows_a_success_is_queued_once_by_whoever_comes_next(post, job):
    crew, _, _ = parts(post)
    for name in ("first", "other"):
        run = start(post, name, trigger=Trigger.BACKFILL, slot_of=NOON)
        crew.keep(run, post.jobs[name], Outcome(state=State.SUCCESS, finished_at=post.now()))
    crew.record()  # and killed before anything follows
    for _ in range(2):
        assert take_over(post) == ["both", "second"]
    assert len(followers(post, "both")) == 1


def test_what_was_seen_to_is_not_looked_at_again(post):
    run = start(post, "first")
    end(post, run)
    (second,) = post.store.runs(RunFilter(job="second"))
    post.store.withdraw(second.id, State.STOPPED, "by ann", owner="us", now=NOON)
    assert take_over(post) == []
    assert len(followers(post, "second")) == 1


def test_a_job_that_is_added_later_does_not_follow_what_ended_before(post):
    end(post, start(post, "first"))
    late = make_job(name="late", after=("first",))
    post.adopt(replace(post.config, jobs={**post.jobs, "late": late}))
    assert take_over(post) == ["second"]


def test_a_run_by_hand_is_followed_each_time(post):
    for _ in range(2):
        end(post, start(post, "first"))
    assert len(followers(post, "second")) == 2


def test_what_is_placed_elsewhere_does_not_follow_here(post):
    there = make_job(name="there", after=("first",), hosts=("web-*",))
    last = make_job(name="last", after=("there",))
    post.adopt(replace(post.config, jobs={"first": JOBS[0], "there": there, "last": last}))
    end(post, start(post, "first"))
    (left,) = post.store.runs(RunFilter(job="there"))
    assert (left.state, left.reason) == (State.SKIPPED, "placed on web-*; this host is h")
    assert [run.state for run in post.store.runs(RunFilter(job="last"))] == [State.SKIPPED]


def test_a_chain_of_every_host_goes_on_where_it_is(post):
    of_noon = {"trigger": Trigger.SCHEDULE, "scheduled_for": NOON}
    for place in ("web-1", "web-2"):
        end(post, start(post, "first", place=place, **of_noon))
    assert [run.place for run in post.store.runs(RunFilter(job="second"))] == ["web-2", "web-1"]
    end(post, start(post, "other", place="web-2", **of_noon))
    assert [run.place for run in post.store.runs(RunFilter(job="both"))] == ["web-2"]


def test_what_follows_is_forgotten_with_the_job_that_would(post):
    run = start(post, "first")
    crew, _, aftermath = parts(post)
    sound = post.store
    post.store = Broken(sound)
    crew.keep(run, post.jobs["first"], Outcome(state=State.SUCCESS, finished_at=post.now()))
    aftermath.of([*crew.record()])
    post.store = sound
    post.adopt(replace(post.config, jobs={"first": JOBS[0]}))
    aftermath.go_on()
    assert followers(post, "second") == []
    assert not aftermath.is_behind


def test_an_add_that_was_committed_though_an_error_came_back_is_not_done_again(post):
    end(post, start(post, "first"))
    first = post.store.runs(RunFilter(job="first"))[0]
    _, _, aftermath = parts(post)
    aftermath.repeat([first])
    assert len(followers(post, "second")) == 1


def test_a_slot_that_a_job_asked_for_is_set_by_whoever_comes_next(post):
    look = Look(job="first", since=None, until=NOON, next_at=None, schedule="")
    post.store.claim([look], owner="us", host="h", now=NOON)
    crew, _, _ = parts(post)
    outcome = Outcome(
        state=State.SUCCESS, finished_at=post.now(), result='{"next_in_seconds": 60.0}'
    )
    crew.keep(start(post, "first"), post.jobs["first"], outcome)
    crew.record()
    take_over(post)
    assert post.store.next_slot() == NOON + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("reason", "after"), [("paused by ann", [(State.SKIPPED, "skipped")]), (taken("web-2"), [])]
)
def test_nothing_follows_here_from_a_slot_that_another_host_has(post, reason, after):
    run = queue(post, "first")
    left = post.withdraw(run, reason)
    _, _, aftermath = parts(post)
    aftermath.left_out([left])
    assert followers(post, "second") == after
