"""What a tick with nothing due loads: it starts every minute on every host."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobrunner.engine import glance
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State, prepare
from jobrunner.engine.watch import take

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


def test_a_tick_that_rings_loads_hardly_more():
    code = "import jobrunner.engine.tick; before = {*sys.modules}; import jobrunner.engine.wake"
    told = f"import sys; {code}; print(*sorted({{*sys.modules}} - before))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["_socket", "jobrunner.engine.wake"]


@pytest.mark.parametrize(
    "module", ["inspect", "ast", "dis", "socket", "random", "pickle", "difflib", "croniter"]
)
def test_a_supervisor_does_not_keep_in_memory_what_it_has_no_use_for(home, module):
    command = [sys.executable, "-X", "importtime", "-P", "-m", "jobrunner", "supervise"]
    options = ["--config", home / "jobs.toml", "--state", home / ".jobrunner", "--linger", "0"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    log = home / ".jobrunner/run/supervisor.log"  # what is imported late is told there
    told = (done.stderr + log.read_text()).splitlines()
    assert module not in {line.rpartition("|")[2].strip() for line in told if "|" in line}
