"""A supervisor is killed, at any moment: jobs go on, and every true end is in the ledger."""

import os
import signal
from pathlib import Path

import pytest

from jobrunner.engine.ground import Ground
from jobrunner.model.run import State
from jobrunner.process.find import keepers
from tests.engine.theatre import CLOCK, Theatre

# Tells that it began, and ends with its code as soon as it may go.
LINE = "echo $JOBRUNNER_RUN_ID >>began; until test -e go; do sleep 0.05; done; echo x; exit $CODE"
JOBS = f"""
[jobs.many]
command = '''CODE=$JOBRUNNER_PARAM_CODE; {LINE}'''
overlap = "allow"
params = {{ code = {{}} }}
[jobs.again]
command = '''CODE=9; {LINE}'''
retry = {{ attempts = 1, delay = "10ms", on = ["lost"] }}
"""


@pytest.fixture
def theatre(tmp_path):
    theatre = Theatre(tmp_path)
    theatre.write(JOBS)
    theatre.start()
    yield theatre
    (tmp_path / "go").touch()
    theatre.close()


def began(theatre):
    path = theatre.folder / "began"
    return path.read_text().split() if path.exists() else []


def begin(theatre, *codes):
    """Start a run for each code, and wait until all are at work."""
    runs = {theatre.run("many", params={"code": f"{n}"}): n for n in codes}
    theatre.until(lambda: len(began(theatre)) == len(codes))
    return runs


def let_go(theatre):
    (theatre.folder / "go").touch()


def keeper_of(theatre, run):
    ground = Ground(state=theatre.state, host="", clock=CLOCK, inherited={}, soft_files=0)
    return keepers()[ground.mark(run, 1)]


def test_a_hundred_jobs_outlive_a_kill_with_their_codes_and_outputs(theatre):
    runs = begin(theatre, *range(100))
    theatre.kill()
    theatre.start()
    let_go(theatre)
    ended = {run: theatre.end_of(run) for run in runs}
    assert {run: each.exit_code for run, each in ended.items()} == runs
    assert {theatre.output(each) for each in ended.values()} == {"x\n"}
    assert len(began(theatre)) == 100


def test_what_ended_while_nobody_looked_has_its_true_code_and_end(theatre):
    (run,) = begin(theatre, 7)
    keeper = os.pidfd_open(keeper_of(theatre, run).pid)
    theatre.kill()
    let_go(theatre)
    theatre.wait_for(keeper)
    gone_at = CLOCK.now()
    theatre.start()
    ended = theatre.end_of(run)
    assert (ended.exit_code, ended.attempts) == (7, 1)
    assert ended.finished_at <= gone_at
    assert "another supervisor" in ended.error


def test_a_keeper_that_was_killed_with_its_supervisor_is_lost_and_swept(theatre):
    (run,) = begin(theatre, 7)
    keeper = keeper_of(theatre, run)
    theatre.kill()
    os.kill(keeper.pid, signal.SIGKILL)
    theatre.start()
    ended = theatre.end_of(run)
    assert (ended.state, ended.exit_code) == (State.LOST, None)
    assert not [pid for pid in marked(theatre, run) if pid != keeper.pid]


def test_a_lost_run_is_tried_again_only_if_its_job_says_so(theatre):
    run = theatre.run("again")
    theatre.until(lambda: len(began(theatre)) == 1)
    os.kill(keeper_of(theatre, run).pid, signal.SIGKILL)
    theatre.until(lambda: len(began(theatre)) == 2)
    let_go(theatre)
    ended = theatre.end_of(run)
    assert (ended.attempts, ended.exit_code) == (2, 9)
    assert [each.state for each in theatre.store.attempts(run)] == [State.LOST, State.FAILED]


def test_a_timeout_goes_on_where_it_was(theatre):
    line = f"echo x >>{theatre.folder}/began; exec sleep 60"
    theatre.write(f"[jobs.slow]\ncommand = '{line}'\ntimeout = '2s'\n")
    run = theatre.run("slow")
    theatre.until(lambda: len(began(theatre)) == 1)
    theatre.kill()
    theatre.start()
    ended = theatre.end_of(run)
    assert ended.state is State.TIMEOUT
    assert 2 <= ended.duration.total_seconds() < 3


def test_an_adopted_run_can_be_stopped(theatre):
    (run,) = begin(theatre, 7)
    theatre.kill()
    theatre.start()
    theatre.ask("stop", run=run)
    assert theatre.end_of(run).state is State.STOPPED


def test_what_waited_is_started_by_the_next_supervisor(theatre):
    theatre.write(f"[jobs.one]\ncommand = '''CODE=1; {LINE}'''\noverlap = 'queue'\n")
    first, second = theatre.run("one"), theatre.run("one")
    theatre.until(lambda: len(began(theatre)) == 1)
    theatre.kill()
    theatre.start()
    let_go(theatre)
    assert [theatre.end_of(run).exit_code for run in (first, second)] == [1, 1]


@pytest.mark.parametrize("round_", range(6))
def test_killed_at_any_moment_no_run_starts_twice_or_is_forgotten(theatre, round_):
    let_go(theatre)
    numbers = [theatre.ask(job="many", params={"code": f"{n}"}) for n in range(20)]
    theatre.until(lambda: len(began(theatre)) >= round_ * 4)
    theatre.kill()
    theatre.start()
    answers = [theatre.answer(number) for number in numbers]
    ended = [theatre.end_of(int(answer.answer)) for answer in answers]
    assert len(ended) == 20
    assert {run.state for run in ended} <= {State.SUCCESS, State.FAILED, State.LOST}
    started = began(theatre)
    assert len(started) == len({*started})
    assert {run.id for run in ended if run.state is not State.LOST} <= {int(one) for one in started}


def marked(theatre, run):
    """The processes that bear the mark of a run's first attempt."""
    ground = Ground(state=theatre.state, host="", clock=CLOCK, inherited={}, soft_files=0)
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if ground.marker(run, 1).encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


DEAF = "trap '' TERM; echo x >>began; while :; do sleep 0.1; done"


def test_a_stop_outlives_the_supervisor_that_was_asked(theatre):
    theatre.write(f'[jobs.deaf]\ncommand = """{DEAF}"""\nkill_after = \'300ms\'\n')
    run = theatre.run("deaf")
    theatre.until(lambda: len(began(theatre)) == 1)
    os.kill(theatre.supervisors[-1].pid, signal.SIGSTOP)
    Path(theatre.state.stop_note(run, 1)).write_text("ann")
    theatre.kill()
    theatre.start()
    ended = theatre.end_of(run)
    assert (ended.state, ended.reason) == (State.STOPPED, "stopped by ann")


def test_what_was_given_up_is_killed_by_who_comes_next_and_lost(theatre):
    theatre.write(f'[jobs.deaf]\ncommand = """{DEAF}"""\n')
    run = theatre.run("deaf")
    theatre.until(lambda: len(began(theatre)) == 1)
    os.kill(theatre.supervisors[-1].pid, signal.SIGSTOP)
    Path(theatre.state.stop_note(run, 1)).write_text("\0given up: it was cut off")
    theatre.kill()
    theatre.start()
    ended = theatre.end_of(run)
    assert (ended.state, ended.reason) == (State.LOST, "it was cut off")


def test_what_was_given_up_and_ended_meanwhile_is_lost(theatre):
    (run,) = begin(theatre, 137)
    keeper = os.pidfd_open(keeper_of(theatre, run).pid)
    theatre.kill()
    Path(theatre.state.stop_note(run, 1)).write_text("\0given up: it was cut off")
    let_go(theatre)
    theatre.wait_for(keeper)
    theatre.start()
    assert theatre.end_of(run).reason == "it was cut off"


def test_who_was_asked_to_stop_and_did_meanwhile_was_stopped(theatre):
    (run,) = begin(theatre, 7)
    keeper = os.pidfd_open(keeper_of(theatre, run).pid)
    theatre.kill()
    Path(theatre.state.stop_note(run, 1)).write_text("ann")
    let_go(theatre)
    theatre.wait_for(keeper)
    theatre.start()
    assert theatre.end_of(run).reason == "stopped by ann"
    assert not Path(theatre.state.stop_note(run, 1)).exists()
