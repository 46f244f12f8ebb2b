"""Attempts in trouble: one that cannot be seen to keeps nobody else waiting, and is not lost."""

import select
from pathlib import Path

import pytest

from jobrunner.engine import crew as module
from jobrunner.engine.crew import Crew
from jobrunner.errors import StoreBusyError
from jobrunner.model.run import Outcome, State
from jobrunner.process.tree import Sweep
from jobrunner.store.value import Launch
from tests.build import make_job
from tests.engine.workplace import CLOCK, a_post, queue


@pytest.fixture
def post(tmp_path):
    jobs = (make_job(name=name, command="exit 3") for name in ("one", "two"))
    with a_post(tmp_path, *jobs) as post:
        yield post


def end(crew):
    """Tend until something has ended, and record it."""
    while not (ended := crew.record()):
        poll = select.poll()
        for fd in crew.fds():
            poll.register(fd, select.POLLIN)
        poll.poll(100)
        crew.tend()
    return ended


def test_a_bug_in_the_making_of_an_attempt_ends_that_one_only(post, monkeypatch):
    def broken(_post, _runs):
        def prepare(run, _job, _identity):
            raise KeyError(run.job)

        return prepare

    monkeypatch.setattr(module, "preparer", broken)
    crew = Crew(post)
    runs = [queue(post, "one"), queue(post, "two")]
    crew.launch(crew.start(runs))
    assert {each.run.reason for each in end(crew)} == {
        "a bug of jobrunner: KeyError('one')",
        "a bug of jobrunner: KeyError('two')",
    }


def test_an_end_that_cannot_be_seen_to_just_now_is_seen_to_later(post, monkeypatch):
    def fail(*_):
        monkeypatch.undo()
        raise OSError(24, "Too many open files")

    crew = Crew(post)
    crew.launch(crew.start([queue(post, "one")]))
    (attempt,) = crew.running
    attempt.stop("ann")
    monkeypatch.setattr(Sweep, "step", fail)
    (ended,) = end(crew)
    assert ended.run.state is State.STOPPED
    assert ended.outcome.cpu is not None
    assert crew.is_empty


def test_what_cannot_be_started_is_recorded_without_any_event(post):
    crew = Crew(post)
    Path(post.ground.state.output_path("0")).touch()  # where a folder is to be
    crew.launch(crew.start([queue(post, "one")]))
    assert crew.next_at() <= CLOCK.elapsed()
    assert [each.run.state for each in crew.record()] == [State.FAILED]


def test_an_end_that_the_ledger_never_takes_keeps_no_other_waiting(post, capsys):
    crew = Crew(post)
    launches = [Launch(run=queue(post, "one").id) for _ in range(5)]
    started = post.store.start(launches, owner=post.owner, host="h", now=post.now())
    for run in started:
        code = 1 if run is not started[2] else 1 << 64
        outcome = Outcome(state=State.FAILED, finished_at=post.now(), exit_code=code)
        crew.keep(run, post.jobs["one"], outcome)
    ended = [each.run.id for _ in range(2) for each in crew.record()]
    assert ended == [run.id for run in started if run is not started[2]]
    assert (crew.is_behind, crew.is_empty) == (True, False)
    assert f"the end of #{started[2].id} is not recorded yet" in capsys.readouterr().err


def test_a_ledger_that_cannot_be_read_keeps_a_run_waiting_and_fails_no_attempt(post, monkeypatch):
    def fail(*_):
        raise StoreBusyError("the disk cannot be read")

    crew, run = Crew(post), queue(post, "one")
    with monkeypatch.context() as patch:
        patch.setattr(post.store, "last_successes", fail)
        with pytest.raises(StoreBusyError):
            crew.launch(crew.start([run]))
    assert post.store.run(run.id) == run
    crew.launch(crew.start([run]))
    assert [each.run.reason for each in end(crew)] == ["exit 3"]


def test_what_ended_leaves_no_descriptor_open(post):
    crew = Crew(post)
    crew.launch(crew.start([queue(post, "one")]))  # what is opened once for all is open now
    end(crew)
    before = len([*Path("/proc/self/fd").iterdir()])
    crew.launch(crew.start([queue(post, "one")]))
    end(crew)
    assert len([*Path("/proc/self/fd").iterdir()]) == before


def test_the_ledger_is_told_of_a_version_once(post, monkeypatch):
    crew = Crew(post)
    told = []
    remember = post.store.remember
    monkeypatch.setattr(
        post.store, "remember", lambda found, now: [told.extend(found), remember(found, now)]
    )
    for _ in range(2):
        crew.launch(crew.start([queue(post, "one")]))
        end(crew)
    assert told == [post.definition("one").fingerprint]


def test_a_ledger_that_took_no_start_is_told_of_its_version_again(post, monkeypatch):
    def fail(*_, **__):
        raise StoreBusyError("somebody else writes")

    crew = Crew(post)
    run = queue(post, "one")
    with monkeypatch.context() as patch:
        patch.setattr(post.store, "start", fail)
        with pytest.raises(StoreBusyError):
            crew.launch(crew.start([run]))
    told = []
    monkeypatch.setattr(post.store, "remember", lambda found, _: told.extend(found))
    crew.launch(crew.start([run]))
    end(crew)
    assert told == [post.definition("one").fingerprint]
