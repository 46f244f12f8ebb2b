"""What a tick with nothing due loads: it starts every minute on every host."""

import os
import select
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jobrunner.engine import glance
from jobrunner.engine.doorbell import Doorbell
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State, prepare
from jobrunner.engine.watch import take

PATIENCE = 30  # seconds
PROGRAM = Path(__file__).parents[1] / "src/jobrunner/program"
OURS = {
    *("gc", "jobrunner", "jobrunner.__main__", "jobrunner.clock", "jobrunner.errors"),
    *("jobrunner.engine", "jobrunner.engine.glance", "jobrunner.engine.tick"),
    *("jobrunner.engine.watch", "jobrunner.store", "jobrunner.store.sql"),
    *("jobrunner.store.sql.claim", "jobrunner.store.sql.upkeep", "jobrunner.store.sqlite"),
    "jobrunner.store.sqlite.glance",
}
# What the C half of sqlite3 needs itself.
SQLITE = {
    *("_sqlite3", "_collections", "_functools", "_operator", "collections", "functools"),
    *("itertools", "keyword", "operator", "reprlib", "types"),
}
TICK = """
import os, sys
before = {*sys.modules}

def leave(code):
    print(code, *sorted({*sys.modules} - before), flush=True)
    end(code)

end, os._exit = os._exit, leave
program = sys.argv.pop(1)
exec(compile(open(program).read(), program, "exec"))
"""


@pytest.fixture
def home(tmp_path):
    """A jobs.toml, its ledger, and what a supervisor noted before it left."""
    jobs = tmp_path / "jobs.toml"
    jobs.write_text("[jobs.a]\ncommand = 'true'\n")
    state = State(f"{tmp_path}/.jobrunner")
    prepare(state)
    ledger(state).close()
    glance.write(state, str(jobs), take((str(jobs),), ()))
    return tmp_path


def loaded(home):
    """How a tick ended, and the modules that it loaded beyond those of a bare Python."""
    done = subprocess.run(
        [sys.executable, "-c", TICK, PROGRAM, "-c", home / "jobs.toml", "tick"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    code, *modules = done.stdout.split()
    return code, set(modules)


def test_a_tick_with_nothing_due_loads_these_and_no_other_module(home):
    code, modules = loaded(home)
    assert code == "0"
    assert modules == OURS | SQLITE


@pytest.fixture
def bell(home):
    """Somebody who is awake, and says so once; what was said to him."""
    state, said = State(f"{home}/.jobrunner"), []
    bell = Doorbell(state)

    def hear():
        while not said and select.select([bell], [], [], PATIENCE)[0]:
            said.extend(bell.answer("awake"))

    ear = threading.Thread(target=hear)
    ear.start()
    yield said
    ear.join()
    bell.close()


def test_a_tick_of_a_shared_ledger_rings_and_looks_into_no_database(home, bell):
    jobs = home / "jobs.toml"
    prints = take((str(jobs),), ())
    glance.write(State(f"{home}/.jobrunner"), str(jobs), prints, place=glance.SHARED)
    code, modules = loaded(home)
    assert (code, [word.partition(" ")[0] for word in bell]) == ("0", ["tick"])
    assert modules == OURS | SQLITE | {"_socket", "jobrunner.engine.wake"}


def test_a_tick_that_rings_loads_hardly_more():
    code = "import jobrunner.engine.tick; before = {*sys.modules}; import jobrunner.engine.wake"
    told = f"import sys; {code}; print(*sorted({{*sys.modules}} - before))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["_socket", "jobrunner.engine.wake"]


@pytest.mark.parametrize(
    "module",
    [
        *("inspect", "ast", "dis", "socket", "random", "pickle", "difflib", "croniter"),
        *("psycopg", "procrastinate", "redis"),
    ],
)
def test_a_supervisor_does_not_keep_in_memory_what_it_has_no_use_for(home, module):
    command = [sys.executable, "-X", "importtime", "-P", "-m", "jobrunner", "supervise"]
    options = ["--config", home / "jobs.toml", "--state", home / ".jobrunner", "--linger", "0"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    log = home / ".jobrunner/run/supervisor.log"  # what is imported late is told there
    told = (done.stderr + log.read_text()).splitlines()
    assert module not in {line.rpartition("|")[2].strip() for line in told if "|" in line}
