"""Commands that are in no file: real processes, a real ledger."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobrunner.clock import SystemClock
from jobrunner.engine.actions.errand import Errand, Runner
from jobrunner.engine.actions.interrupt import heeded
from jobrunner.engine.actions.outlet import Outlet
from jobrunner.engine.actions.outside import Outsider, here, outsider, put_down, sweep
from jobrunner.engine.ground import Ground
from jobrunner.engine.launch import launch
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State as Folder
from jobrunner.errors import StoreError, UnusableError
from jobrunner.kinds.task import Task
from jobrunner.kinds.trace import traceparent
from jobrunner.kinds.uuid import run_uuid
from jobrunner.model.job import Retry
from jobrunner.model.pause import Pause
from jobrunner.model.run import State, Trigger
from jobrunner.model.settings import Config
from jobrunner.model.value import Duration
from jobrunner.process.birth import Birth, status
from jobrunner.store.value import EVERY_JOB, Launch, NewRun
from tests.build import NOON, UTC_ZONE, make_job

SOON = Duration(milliseconds=200)
STUBBORN = "trap '' TERM; echo ready; while :; do sleep 1; done"


class Hasty(SystemClock):
    """A clock that can be put forward."""

    ahead = 0.0

    def elapsed(self):
        return super().elapsed() + self.ahead


class Place:
    """Where errands are run in a test."""

    def __init__(self, folder: Path) -> None:
        self.state = Folder(str(folder / "state"))
        self.store = ledger(self.state)
        self.clock = Hasty()
        self.ground = Ground(
            state=self.state, host="web-1", clock=self.clock, inherited={}, soft_files=1024
        )
        self.said = []
        self.reader, self.writer = os.pipe()
        self.jobs = {}

    def errand(self, line, env=None, **keys):
        return Errand(
            job=make_job(**({"name": "wrapped"} | keys)),
            argv=("/bin/sh", "-c", line),
            cwd="/",
            env={"PATH": os.environ["PATH"], **(env or {})},
        )

    def run(self, line, on_output=None, **keys):
        """Run a command to its end; `on_output` is called with what counts our signals."""
        with heeded() as interrupts:
            outlet = Hooked(self.writer, lambda: on_output and on_output(interrupts))
            config = Config(origin="/jobs.toml", jobs=self.jobs)
            runner = Runner(self.store, config, self.ground, "deploy", interrupts)
            return runner.run(self.errand(line, **keys), outlet, self.said.append)

    def output(self):
        os.set_blocking(self.reader, False)
        try:
            return os.read(self.reader, 65536)
        except BlockingIOError:
            return b""

    def kept(self, run):
        return Path(self.state.output_path(run.output)).read_bytes()


class Hooked(Outlet):
    """An outlet that tells when something comes."""

    def __init__(self, fd, hook) -> None:
        super().__init__(fd)
        self.hook = hook

    def push(self, data):
        super().push(data)
        self.hook()


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path)
    yield place
    place.store.close()
    os.close(place.reader)
    os.close(place.writer)


def test_what_it_writes_is_handed_on_and_kept(place):
    run = place.run("echo out; echo err >&2; printf end")
    assert (run.state, run.exit_code) == (State.SUCCESS, 0)
    assert place.output() == place.kept(run) == b"out\nerr\nend"


def test_its_history_has_all_that_any_run_has(place):
    run = place.run("exit 3")
    (attempt,) = place.store.attempts(run.id)
    assert (run.state, run.reason, run.asked_by) == (State.FAILED, "exit 3", "deploy")
    assert attempt.exit_code == 3
    assert attempt.cpu is not None
    assert run.finished_at is not None


def test_it_has_its_own_environment_and_is_told_which_run_it_is(place):
    run = place.run('echo "$JOBRUNNER_JOB $JOBRUNNER_RUN_ID $JOBRUNNER_ATTEMPT $HOME."')
    assert place.output() == b"wrapped %d 1 .\n" % run.id


def test_it_stands_in_a_trace_of_its_own_or_its_callers(place):
    run = place.run("echo $TRACEPARENT")
    uuid = run_uuid(run.created_at, place.ground.name, run.id)
    assert place.output().decode() == f"{traceparent(uuid, 1)}\n"
    place.run("echo $TRACEPARENT", env={"TRACEPARENT": "callers"})
    assert place.output() == b"callers\n"


def test_a_timeout_leaves_no_process(place):
    def hurry(_):
        place.clock.ahead = 7200

    run = place.run("sleep 987 & echo $!; wait", hurry, timeout=Duration(hours=1))
    assert run.state is State.TIMEOUT
    found = status(int(place.output()))
    assert found is None or found.is_dead


def test_a_failed_attempt_is_tried_again(place):
    rule = Retry(attempts=2, delay=Duration(milliseconds=1))
    run = place.run("echo $JOBRUNNER_ATTEMPT; test $JOBRUNNER_ATTEMPT = 2", retry=rule)
    assert (run.state, run.attempts, place.output()) == (State.SUCCESS, 2, b"1\n2\n")
    assert place.said[0].startswith(f"wrapped #{run.id}: attempt 1: exit 1; again in 0.0s at ")


def test_a_signal_asks_the_command_to_stop(place):
    run = place.run(
        "trap 'echo bye; exit 9' TERM; echo ready; sleep 987 & wait",
        lambda interrupts: interrupts.count or interrupts.heard(signal.SIGINT),
    )
    assert (run.state, run.exit_code) == (State.STOPPED, 9)
    assert place.output() == b"ready\nbye\n"


def test_a_second_signal_kills_it(place):
    def twice(interrupts):
        interrupts.heard(signal.SIGINT)
        interrupts.heard(signal.SIGINT)

    run = place.run(STUBBORN, twice, kill_after=Duration(hours=1))
    assert run.state is State.STOPPED


def test_a_signal_ends_the_wait_for_the_next_attempt(place):
    rule = Retry(attempts=5, delay=Duration(hours=1), jitter=False)
    with heeded() as interrupts:
        runner = Runner(place.store, Config(origin=""), place.ground, "deploy", interrupts)
        errand = place.errand("exit 1", retry=rule)
        outlet = Outlet(place.writer)
        run = runner.run(errand, outlet, lambda _: interrupts.heard(signal.SIGTERM))
    assert (run.state, run.attempts) == (State.STOPPED, 1)


def test_what_cannot_be_started_says_why(place):
    errand = Errand(job=make_job(name="wrapped"), argv=("nosuch",), cwd="/", env={})
    with heeded() as interrupts:
        runner = Runner(place.store, Config(origin=""), place.ground, "deploy", interrupts)
        run = runner.run(errand, Outlet(place.writer), place.said.append)
    assert run.state is State.FAILED
    assert run.reason == "nosuch: No such file or directory"


def test_a_reader_that_is_gone_does_not_stop_it(place):
    os.close(place.reader)
    run = place.run("for i in 1 2 3 4 5; do echo $i; done")
    place.reader = os.open(os.devnull, os.O_RDONLY)
    assert (run.state, place.kept(run)) == (State.SUCCESS, b"1\n2\n3\n4\n5\n")


def test_a_reader_that_does_not_read_does_not_keep_a_timeout_waiting(place):
    line = "head -c 300000 /dev/zero; echo; sleep 987"
    with heeded() as interrupts:
        runner = Runner(place.store, Config(origin=""), place.ground, "deploy", interrupts)
        outlet = Outlet(place.writer)
        flush = outlet.flush

        def flush_once_over(patience=0.0):
            if patience:  # the command is over, and only its output is waited for
                interrupts.heard(signal.SIGTERM)
            flush(patience)

        outlet.flush = flush_once_over
        run = runner.run(place.errand(line, timeout=SOON), outlet, place.said.append)
    assert run.state is State.TIMEOUT


@pytest.mark.parametrize("name", ["wrapped", EVERY_JOB])
def test_a_pause_holds_it_and_is_the_reason_in_its_history(place, name):
    place.store.pause(name, Pause(by="ops", reason="db1", since=NOON))
    run = place.run("echo ran")
    assert (run.state, run.reason, place.output()) == (State.SKIPPED, "paused by ops: db1", b"")


def test_a_declared_job_keeps_its_name_for_itself(place):
    place.jobs = {"wrapped": make_job(name="wrapped", origin="/jobs.toml")}
    with pytest.raises(UnusableError, match="wrapped is declared in"):
        place.run("true")
    assert place.store.latest(["wrapped"]) == {}


# -- locks


@contextmanager
def holding(place, lock):
    """A run that holds the lock while the block lasts."""
    program = "import sys, fcntl, os; f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT);"
    program += "fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"
    path = Path(place.state.folder, "run", "locks", f"{lock}.lock")
    path.parent.mkdir(exist_ok=True)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program, path], **pipes) as other:
        other.stdout.readline()
        yield path
        other.stdin.close()


def test_a_lock_that_somebody_holds_leaves_it_out(place):
    with holding(place, "db"):
        run = place.run("echo ran", lock="db")
    assert (run.state, run.reason) == (State.SKIPPED, 'lock "db" is held by another')
    assert place.run("echo ran", lock="db").state is State.SUCCESS


def test_a_lock_that_cannot_be_had_leaves_it_out(place):
    Path(place.state.folder, "run", "locks").write_text("in the way")
    run = place.run("echo ran", lock="db")
    assert run.state is State.SKIPPED
    assert 'lock "db" cannot be had' in run.reason


def test_another_lock_is_no_obstacle(place):
    with holding(place, "db"):
        assert place.run("echo ran", lock="other").state is State.SUCCESS


def test_a_running_job_that_names_the_lock_holds_it(place):
    place.jobs = {"backup": make_job(lock="db")}
    run = begin(place, "backup", "web-1/supervisor")
    assert place.run("echo ran", lock="db").reason == f'lock "db" is held by backup #{run.id}'


# -- what a killed one leaves behind


def begin(place, job, owner):
    run = place.store.add(
        NewRun(job=job, trigger=Trigger.MANUAL), owner=owner, host="web-1", now=place.clock.now()
    )
    launch = Launch(run=run.id, output=place.state.output(run.id, 1))
    (started,) = place.store.start([launch], owner=owner, host="web-1", now=place.clock.now())
    return started


GONE = str(Outsider("web-1", Birth(1 << 22, "another boot", 7)))


def test_an_owner_can_be_read_back():
    mine = here("web-1")
    assert outsider(str(mine)) == mine
    assert mine.is_alive()
    assert not outsider(GONE).is_alive()


@pytest.mark.parametrize("owner", ["", "web-1/boot/12-7", "exec/web-1/b/x/y", "exec/a/b/1"])
def test_a_supervisor_is_no_outsider(owner):
    assert outsider(owner) is None


def test_a_command_that_outlives_its_exec_is_ended_with_its_true_code(place):
    run = begin(place, "wrapped", GONE)
    Path(place.state.spool(run.id, 1)).write_text("3\n")
    assert [each.id for each in sweep(place.store, place.ground, UTC_ZONE)] == [run.id]
    ended = place.store.run(run.id)
    assert (ended.state, ended.exit_code) == (State.FAILED, 3)


def test_one_that_left_no_code_is_lost(place):
    run = begin(place, "wrapped", GONE)
    sweep(place.store, place.ground, UTC_ZONE)
    assert place.store.run(run.id).state is State.LOST


def test_one_that_waited_is_over(place):
    new = NewRun(job="wrapped", trigger=Trigger.MANUAL)
    run = place.store.add(new, owner=GONE, host="web-1", now=place.clock.now())
    sweep(place.store, place.ground, UTC_ZONE)
    assert place.store.run(run.id).state is State.SKIPPED


@pytest.mark.parametrize(
    "owner",
    [lambda: str(here("web-1")), lambda: "web-1/boot/12-7", lambda: "exec/db-1/b/1/1"],
    ids=["us", "a supervisor", "another host"],
)
def test_what_others_look_after_is_left_alone(place, owner):
    run = begin(place, "wrapped", owner())
    assert sweep(place.store, place.ground, UTC_ZONE) == []
    assert place.store.run(run.id).state is State.RUNNING


def test_the_next_one_sweeps_up(place):
    old = begin(place, "wrapped", GONE)
    place.run("true")
    assert place.store.run(old.id).state is State.LOST


def test_an_end_that_the_ledger_does_not_take_is_kept_for_later(place, monkeypatch):
    def refuse(*_, **__):
        raise StoreError("the disk is full")

    monkeypatch.setattr(place.store, "finish", refuse)
    run = place.run("exit 7")
    assert (run.state, run.exit_code) == (State.FAILED, 7)
    assert "not recorded yet: the disk is full" in place.said[0]
    assert Path(place.state.spool(run.id, 1)).read_text().split()[0] == "7"


def test_a_command_that_outlives_its_exec_can_be_put_down(place):
    run = begin(place, "wrapped", GONE)
    env = {"PATH": os.environ["PATH"], "JOBRUNNER_MARK": place.ground.mark(run.id, 1)}
    task = Task(argv=("/bin/sh", "-c", "sleep 987; true"), cwd="/", env=env)
    found = launch(run, make_job(name="wrapped"), place.ground, lambda *_: task)
    assert sweep(place.store, place.ground, UTC_ZONE) == []
    assert put_down(place.store, place.ground, run, UTC_ZONE)
    found.close()
    assert not place.store.run(run.id).state.is_live


def test_what_others_look_after_is_not_put_down(place):
    run = begin(place, "wrapped", str(here("web-1")))
    assert not put_down(place.store, place.ground, run, UTC_ZONE)
