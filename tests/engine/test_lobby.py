"""Runs that wait: they begin in their order when there is room, and are left out with a reason."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from jobrunner.engine.actions.hold import held
from jobrunner.engine.actions.outside import Outsider, here
from jobrunner.engine.crew import Crew, Started
from jobrunner.engine.lobby import Lobby, ready_at
from jobrunner.model.run import State, Trigger
from jobrunner.process.birth import Birth
from tests.build import NOON, FakeClock, make_job, make_run
from tests.engine.workplace import a_post, queue


class FakeCrew(Crew):
    """Counts those that begin as running, and starts nothing."""

    def __init__(self, post):
        super().__init__(post)
        self.begun = []

    def start(self, runs):
        return Started(runs, None)

    def launch(self, started):
        self.begun += [run.id for run in started.runs]


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def post(tmp_path, clock):
    jobs = (make_job(), make_job(name="timid", priority=-1), make_job(name="bold", priority=1))
    with a_post(tmp_path, *jobs, clock=clock) as post:
        yield post


@pytest.fixture
def crew(post):
    return FakeCrew(post)


@pytest.fixture
def lobby(post, crew):
    return Lobby(post, crew)


@pytest.fixture
def begun(lobby, crew):
    """Tells the runs that begin now."""

    def now():
        crew.begun = []
        lobby.admit()
        return crew.begun

    return now


def test_who_has_priority_begins_first_and_then_who_came_first(post, lobby, begun):
    runs = [queue(post, name) for name in ("timid", "backup", "bold")]
    for run in runs:
        lobby.put(run)
    assert begun() == [runs[2].id, runs[1].id, runs[0].id]
    assert lobby.waiting == []


def test_of_very_many_some_begin_and_the_rest_has_its_turn_at_once(post, lobby, clock, begun):
    jobs = {f"j{n}": make_job(name=f"j{n}") for n in range(55)}
    post.adopt(type(post.config)(origin="", jobs=jobs))
    for name in jobs:
        lobby.put(queue(post, name))
    assert len(begun()) == 50
    assert lobby.next_at(clock.now()) == clock.now()
    assert len(begun()) == 5


def test_a_run_begins_when_its_next_attempt_is_due(post, lobby, clock, begun):
    run = make_run(
        state=State.RETRYING, attempts=1, started_at=NOON, next_attempt_at=NOON + timedelta(hours=1)
    )
    lobby.put(run)
    assert (begun(), lobby.next_at(NOON)) == ([], run.next_attempt_at)
    clock.advance(timedelta(hours=1))
    assert begun() == [run.id]


def test_a_run_of_a_job_that_is_in_no_file_any_more_is_left_out(post, lobby, begun):
    run = queue(post, "gone")
    lobby.put(run)
    assert (begun(), lobby.waiting) == ([], [])
    (left,) = lobby.take_left()
    assert (left, lobby.take_left()) == (post.store.run(run.id), [])
    assert (left.state, left.reason) == (State.SKIPPED, "the job is no longer in jobs.toml")


def test_what_waits_goes_by_the_jobs_as_they_are_now(post, lobby, begun):
    run = queue(post, "backup")
    lobby.put(run)
    post.adopt(type(post.config)(origin="", jobs={}))
    lobby.reseat()
    begun()
    assert post.store.run(run.id).state is State.SKIPPED


def test_what_was_asked_for_instead_of_the_jobs_overlap_outlives_a_change_of_the_job(
    post, lobby, begun
):
    first, second = (queue(post, "backup") for _ in range(2))
    lobby.put(first, "allow")
    lobby.put(second, "allow")
    lobby.reseat()
    assert begun() == [first.id, second.id]


def test_a_run_that_is_stopped_while_it_waits_ends_in_the_ledger(post, lobby, begun):
    run = queue(post, "backup")
    lobby.put(run)
    assert lobby.stop(run.id, "stopped by ann")
    assert (post.store.run(run.id).state, begun()) == (State.STOPPED, [])
    assert not lobby.stop(run.id, "stopped by ann")


def test_a_run_that_is_somebody_elses_by_now_is_neither_ended_nor_followed(post, lobby):
    run = queue(post, "backup")
    lobby.put(run)
    post.store.adopt("us", "them")
    assert not lobby.stop(run.id, "stopped by ann")
    assert (post.store.run(run.id).state, lobby.take_left()) == (State.QUEUED, [])
    assert lobby.waiting == []


def test_an_end_that_was_written_down_though_an_error_came_back_is_followed(post, lobby):
    run = queue(post, "backup")
    lobby.put(run)
    post.withdraw(run, "stopped by ann", State.STOPPED)
    assert lobby.stop(run.id, "stopped by ann")
    assert lobby.take_left() == [post.store.run(run.id)]


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"scheduled_for": None, "created_at": NOON}, NOON),
        ({"scheduled_for": NOON + timedelta(days=9)}, NOON),
        ({"next_attempt_at": NOON + timedelta(days=9)}, NOON + timedelta(hours=1)),
        ({"trigger": Trigger.AFTER, "created_at": NOON + timedelta(1)}, NOON + timedelta(1)),
    ],
)
def test_a_run_is_ready_at_its_slot_its_next_attempt_or_when_it_was_asked_for(changes, at):
    assert ready_at(make_run(**changes), make_job(), NOON) == at


def test_jitter_moves_a_slot_and_never_a_run_by_hand():
    job = make_job(jitter=timedelta(hours=1))
    by_hand = make_run(scheduled_for=None, trigger=Trigger.MANUAL)
    assert NOON < ready_at(make_run(), job, NOON) < NOON + timedelta(hours=1)
    assert ready_at(by_hand, job, NOON) == NOON


@pytest.mark.parametrize(("overlap", "state"), [("queue", State.QUEUED), ("skip", State.SKIPPED)])
def test_a_job_waits_for_a_lock_of_a_command_outside_or_is_skipped(
    post, lobby, begun, overlap, state
):
    job = make_job(name="backup", lock="db", overlap=overlap)
    post.adopt(replace(post.config, jobs={"backup": job}))
    run, outside = queue(post, "backup"), queue(post, "wrapped", owner=str(here("h")))
    lobby.put(run)
    with held(outside, "db", post.ground, post.store, post.config) as reason:
        assert (reason, begun()) == ("", [])
        assert post.store.run(run.id).state is state


def test_a_job_has_its_lock_soon_after_the_command_outside_has_ended(post, lobby, begun):
    job = make_job(name="backup", lock="db", overlap="queue")
    post.adopt(replace(post.config, jobs={"backup": job}))
    run, outside = queue(post, "backup"), queue(post, "wrapped", owner=str(here("h")))
    lobby.put(run)
    with held(outside, "db", post.ground, post.store, post.config):
        assert begun() == []
        assert lobby.next_at(NOON) == NOON + timedelta(seconds=1)
    post.store.withdraw(outside.id, State.STOPPED, "", owner=outside.owner, now=NOON)
    assert begun() == [run.id]


def test_a_command_outside_that_was_killed_holds_no_lock(post, lobby, begun):
    post.adopt(replace(post.config, jobs={"backup": make_job(lock="db")}))
    run = queue(post, "backup")
    outside = queue(post, "wrapped", owner=str(Outsider("h", Birth(1 << 22, "another boot", 7))))
    lobby.put(run)
    with held(outside, "db", post.ground, post.store, post.config):
        pass
    assert begun() == [run.id]
    assert post.store.run(outside.id).state is State.SKIPPED


def test_a_lock_that_cannot_be_had_keeps_only_its_own_job_waiting(post, lobby, begun, capsys):
    jobs = {"backup": make_job(lock="db"), "free": make_job(name="free")}
    post.adopt(replace(post.config, jobs=jobs))
    Path(post.ground.state.folder, "run/locks").write_text("in the way")
    runs = [queue(post, name) for name in jobs]
    for run in runs:
        lobby.put(run)
    assert begun() == [runs[1].id]
    assert 'lock "db" cannot be had' in capsys.readouterr().err
