"""`jobrunner tick`: silent as a rule, quick as a rule, whatever it is started with."""

import os
import select
import signal
import subprocess
import sys
from contextlib import closing

import pytest

from jobrunner.clock import SystemClock
from jobrunner.engine.doorbell import Doorbell
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State, prepare
from jobrunner.engine.wake import poke
from jobrunner.store import open_store
from jobrunner.store.value import Request, RunFilter
from tests.engine.test_rise import awake
from tests.store.server import ledger_on

CLOCK = SystemClock()
PROGRAM = [sys.executable, "-m", "jobrunner"]


@pytest.fixture
def home(tmp_path):
    """A folder with a jobs.toml that nobody has seen; its supervisor is ended afterwards."""
    (tmp_path / "jobs.toml").write_text("[jobs.a]\ncommand = 'echo a'\n")
    (tmp_path / "jobs.toml").chmod(0o644)
    yield tmp_path
    pid = awake(State(f"{tmp_path}/.jobrunner"))
    if pid and pid != os.getpid():
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def state(home):
    return State(f"{home}/.jobrunner")


def tick(home, *options, **changes):
    return subprocess.run(
        [*PROGRAM, "-c", home / "jobs.toml", "tick", *options],
        check=False,
        **({"capture_output": True, "text": True, "timeout": 60} | changes),
    )


def ask(state):
    """Have the job run."""
    with closing(open_store(state.ledger)) as store:
        store.ask(Request(kind="run", job="a", asked_by="ann", asked_at=CLOCK.now()))


def until(state, is_so):
    """Wait until something is so, or nobody is awake any more."""
    watched = select.poll()
    with closing(open_store(state.ledger)) as store, open(os.pidfd_open(awake(state))) as pidfd:  # noqa: PTH123 - a descriptor
        watched.register(pidfd, select.POLLIN)
        while not is_so(store):
            assert not watched.poll(10)
        return store.runs(RunFilter())


def ended(state):
    """The states of all runs, when none is live any more."""
    runs = until(state, lambda store: store.runs(RunFilter()) and not store.live())
    return [run.state for run in runs]


def quiet(done):
    return (done.returncode, done.stdout, done.stderr)


def test_the_first_tick_makes_the_ledger_and_says_nothing(home, state):
    assert quiet(tick(home)) == (0, "", "")
    assert poke(state).startswith("awake")
    with closing(open_store(state.ledger)) as store:
        assert set(store.marks()) == {("a", "")}


def test_what_is_asked_for_is_run_by_the_next_tick(home, state):
    tick(home)
    ask(state)
    assert quiet(tick(home)) == (0, "", "")
    assert ended(state) == ["success"]


def test_a_tick_with_nothing_due_wakes_nobody(home, state):
    tick(home)
    os.kill(awake(state), signal.SIGKILL)
    assert quiet(tick(home)) == (0, "", "")
    assert poke(state) is None


def test_a_tick_after_a_change_of_jobs_toml_wakes_somebody(home, state):
    tick(home)
    os.kill(awake(state), signal.SIGKILL)
    (home / "jobs.toml").write_text("[jobs.b]\ncommand = 'echo b'\n")
    assert quiet(tick(home)) == (0, "", "")
    with closing(open_store(state.ledger)) as store:
        assert ("b", "") in store.marks()


def test_every_tick_is_noted(home, state):
    for _ in range(3):
        tick(home)
    with closing(open_store(state.ledger)) as store:
        database = store._file.database
        assert database.execute("SELECT sum(ticks) FROM ticks").fetchone() == (3,)


@pytest.mark.parametrize(
    "around",
    [
        "<&- >&- 2>&-",
        "</dev/null >/dev/full 2>/dev/full",
    ],
)
def test_streams_that_are_closed_or_full_are_no_matter(home, state, around):
    line = f"{sys.executable} -m jobrunner -c {home}/jobs.toml tick {around}"
    assert subprocess.run(line, shell=True, check=False).returncode == 0
    ask(state)
    assert subprocess.run(line, shell=True, check=False).returncode == 0
    assert ended(state) == ["success"]


@pytest.mark.parametrize(
    "before",
    [
        "umask 0",
        "ulimit -n 32",
        "mkdir gone && cd gone && rmdir ../gone",
        "exec 7</dev/null 8>&1",
    ],
)
def test_odd_limits_are_no_matter(home, state, before):
    line = f"{before}; exec {sys.executable} -m jobrunner -c {home}/jobs.toml tick"
    for _ in range(2):
        done = subprocess.run(
            line, shell=True, cwd=home, capture_output=True, text=True, check=False, timeout=60
        )
        assert quiet(done) == (0, "", "")
        ask(state)
    assert ended(state) == ["success"]


def test_an_empty_environment_is_no_matter(home, state):
    assert quiet(tick(home, env={})) == (0, "", "")
    ask(state)
    assert quiet(tick(home, env={})) == (0, "", "")
    assert ended(state) == ["success"]


def test_with_umask_0_nothing_is_writable_by_others(home, state):
    subprocess.run(
        f"umask 0; {sys.executable} -m jobrunner -c {home}/jobs.toml tick", shell=True, check=True
    )
    ask(state)
    tick(home)
    ended(state)
    modes = [
        os.lstat(f"{folder}/{name}").st_mode
        for folder, folders, files in os.walk(state.folder)
        for name in (*folders, *files)
    ]
    assert not [mode for mode in modes if mode & 0o002]


def test_output_of_a_tick_ends_with_it_though_jobs_run(home):
    (home / "jobs.toml").write_text("[jobs.a]\ncommand = 'sleep 600'\n")
    tick(home)
    ask(State(f"{home}/.jobrunner"))
    assert quiet(tick(home, timeout=30)) == (0, "", "")


def test_a_supervisor_that_is_silent_is_told_within_five_seconds(home, state):
    prepare(state)
    ledger(state).close()
    with closing(Doorbell(state)):
        began = CLOCK.elapsed()
        code, out, complaint = quiet(tick(home))
        assert CLOCK.elapsed() - began < 5
    assert (code, out) == (1, "")
    assert complaint.startswith(f"Error: the supervisor of {state.folder} (process {os.getpid()})")


def test_a_broken_file_is_told_once_and_the_last_good_one_stays(home, state):
    tick(home)
    (home / "jobs.toml").write_text("[jobs.a]\ncomand = 'x'\n")
    code, out, complaint = quiet(tick(home))
    assert (code, out) == (0, "")
    assert 'unknown key "comand"' in complaint
    assert quiet(tick(home)) == (0, "", "")
    ask(state)
    tick(home)
    assert ended(state) == ["success"]


def test_a_file_that_never_was_good_is_an_error_each_time(home):
    (home / "jobs.toml").write_text("[jobs.a]\ncomand = 'x'\n")
    for _ in range(2):
        code, _, complaint = quiet(tick(home))
        assert code == 3
        assert "comand" in complaint


def test_a_ledger_that_vanished_is_told_and_not_made_anew(home, state):
    tick(home)
    os.kill(awake(state), signal.SIGKILL)
    for ending in ("", "-wal", "-shm"):
        if os.path.lexists(state.ledger + ending):
            os.unlink(state.ledger + ending)  # noqa: PTH108 - its path is a string
    code, _, complaint = quiet(tick(home))
    assert (code, "Traceback" in complaint) == (1, False)
    assert not os.path.lexists(state.ledger)


def test_a_state_folder_that_jobs_toml_names_is_found_at_a_glance(home):
    (home / "jobs.toml").write_text(
        "[settings]\nstate_dir = 'elsewhere'\n[jobs.a]\ncommand = 'true'\n"
    )
    elsewhere = State(f"{home}/elsewhere")
    try:
        assert quiet(tick(home)) == (0, "", "")
        assert os.listdir(home / ".jobrunner/run") == ["glance"]  # noqa: PTH208 - one name
        os.kill(awake(elsewhere), signal.SIGKILL)
        assert quiet(tick(home)) == (0, "", "")
        assert poke(elsewhere) is None
    finally:
        pid = awake(elsewhere)
        if pid:
            os.kill(pid, signal.SIGKILL)


def test_waiting_tells_how_what_was_due_ended(home, state):
    (home / "jobs.toml").write_text(
        "[jobs.a]\nevery = '1s'\ncommand = 'echo a'\n[jobs.b]\nevery = '1s'\ncommand = 'exit 3'\n"
    )
    tick(home)
    until(state, lambda store: {run.job for run in store.runs(RunFilter())} == {"a", "b"})
    done = tick(home, "--wait", "--exit-status")
    assert done.returncode == 1
    assert "✓ a #" in done.stdout
    assert "✗ b #" in done.stdout
    assert "jobrunner logs" in done.stdout


def test_waiting_for_nothing_says_so(home):
    tick(home)
    done = tick(home, "--wait")
    assert (done.returncode, done.stdout) == (
        0,
        "Nothing was due. Run a job now: jobrunner run JOB\n",
    )


def test_asked_for_more_it_tells_what_it_did(home):
    done = tick(home, "-v")
    assert "  new    a  no slot to come\n1 seen for the first time. " in done.stdout


# -- dry


def test_a_dry_run_tells_what_is_placed_elsewhere(call, tmp_path):
    jobs = "[jobs.a]\ncommand = 'x'\ncron = '30 5 * * *'\nhosts = ['web-*']\n"
    (tmp_path / "jobs.toml").write_text(f"[settings]\nhost = 'db-1'\n{jobs}")
    _, said, _ = call("tick", "--dry-run", "--at", "2026-11-21 05:30")
    assert "placed on web-*; this host is db-1" in said


def test_a_dry_run_tells_the_slots_of_this_host(call, servers, services, tmp_path, monkeypatch):
    jobs = "[jobs.a]\ncommand = 'x'\ncron = '30 5 * * *'\non = 'every'\n"
    with ledger_on(servers, services.postgres()) as url:
        monkeypatch.setenv("THERE", url)
        where = "[settings]\nhost = 'db-1'\nstore_env = 'THERE'\n"
        (tmp_path / "jobs.toml").write_text(f"{where}{jobs}")
        _, said, _ = call("tick", "--dry-run", "--at", "2026-11-21 05:30")
        (tmp_path / "jobs.toml").write_text(f"{where}{jobs}hosts = ['web-1']\n")
        _, elsewhere, _ = call("tick", "--dry-run", "--at", "2026-11-21 05:30")
    assert "start  a" in said, said
    assert "1 not due" in elsewhere, elsewhere


def test_a_dry_run_decides_and_makes_nothing(call, tmp_path):
    code, out, complaint = call("tick", "--dry-run", "-vv")
    assert (code, complaint) == (0, "")
    assert out.partition("\n")[2].startswith("  new    hello")
    assert not (tmp_path / ".jobrunner").exists()


def test_another_instant_is_decided_as_if_ticks_had_come(call):
    _, out, _ = call("tick", "--at", "2026-11-23 13:00", "-vv")
    assert out.splitlines()[1:] == [
        "  start  hello    slot 13:00",
        "  start  report   slot 13:00",
        "  wait   by-hand  no slot to come",
        "2 to start, 1 not due. Nothing was started.",
    ]


def test_another_instant_that_is_none_is_refused(call):
    code, _, complaint = call("tick", "--at", "yesterdy")
    assert code == 2
    assert "is not a time" in complaint
