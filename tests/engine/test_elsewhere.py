"""A supervisor whose ledger is not in its state folder, and one whose ledger becomes another."""

import os
import signal
import subprocess
import sys
from contextlib import closing, suppress
from urllib.parse import urlsplit

import pytest

from jobrunner.engine.wake import poke
from jobrunner.model.run import State
from jobrunner.process.flock import holder
from jobrunner.store import migrate_store, open_store
from tests.cluster.proxy import Proxy
from tests.engine.theatre import Theatre

pytestmark = pytest.mark.long
WAITS = '[jobs.a]\ncommand = "read line < gate"\n'
QUICK = '[jobs.a]\ncommand = "true"\n'


@pytest.fixture
def theatre(tmp_path):
    theatre = Theatre(tmp_path)
    yield theatre
    with suppress(ProcessLookupError):
        if pid := holder(theatre.state.lock):
            os.kill(pid, signal.SIGKILL)
    theatre.close()


@pytest.fixture
def database(postgres_url):
    migrate_store(postgres_url)
    with closing(open_store(postgres_url)) as store:
        yield store


def tick(theatre, **environ):
    """A tick as cron starts it, with a few variables."""
    program = [sys.executable, "-P", "-m", "jobrunner", "-c", str(theatre.file), "tick"]
    environ = {"PATH": os.environ["PATH"], **environ}
    return subprocess.run(program, env=environ, capture_output=True, text=True, check=False)


def test_what_runs_is_recorded_where_it_began_and_what_is_next_in_the_other_ledger(theatre):
    os.mkfifo(theatre.folder / "gate")
    theatre.write(WAITS)
    theatre.start()
    run = theatre.run("a")
    theatre.write(f'[settings]\nstore = "{theatre.folder}/other.db"\n{QUICK}')
    poke(theatre.state)
    other = f"{theatre.folder}/other.db"
    assert not os.path.lexists(other)
    (theatre.folder / "gate").write_text("go\n")
    assert theatre.end_of(run).state is State.SUCCESS
    theatre.until(lambda: os.path.lexists(f"{other}.id") and poke(theatre.state) is not None)
    theatre.store.close()
    theatre.store = open_store(other)
    assert theatre.play("a").state is State.SUCCESS


def test_a_tick_starts_a_supervisor_that_knows_the_variable_and_notes_who_rang(
    theatre, database, postgres_url
):
    theatre.write(f'[settings]\nhost = "web-1"\nstore_env = "JOBRUNNER_STORE"\n{QUICK}')
    first = tick(theatre, JOBRUNNER_STORE=postgres_url)
    assert (first.returncode, first.stderr) == (0, "")
    theatre.until(lambda: [host.name for host in database.hosts()] == ["web-1"])
    # Who is awake is rung for by those, too, who could not start him.
    second = tick(theatre)
    assert (second.returncode, second.stderr) == (0, "")
    theatre.until(lambda: any(host.ticked_at for host in database.hosts()))


def test_a_tick_that_does_not_know_the_variable_says_so(theatre):
    theatre.write(f'[settings]\nstore_env = "JOBRUNNER_STORE"\n{QUICK}')
    done = tick(theatre)
    said = "the variable JOBRUNNER_STORE is not set (store_env)"
    assert (done.returncode, said in done.stderr, said in theatre.told()) == (3, True, True)


def test_a_server_that_has_another_address_by_now_is_found_there(theatre, database, postgres_url):
    where = urlsplit(postgres_url)
    proxy = Proxy(where.hostname, where.port or 5432)
    file = theatre.folder / "store"
    file.write_text(
        where._replace(netloc=f"{where.username or ''}@127.0.0.1:{proxy.port}").geturl()
    )
    file.chmod(0o600)
    cluster = '[cluster]\nlease = "15s"\ntick = "1s"\nbeat = "1s"\ntimeout = "1s"\n'
    theatre.write(f'[settings]\nhost = "web-1"\nstore_file = "{file}"\n{cluster}{QUICK}')
    theatre.start()
    theatre.until(database.hosts)
    (before,) = database.hosts()
    proxy.close()
    file.write_text(postgres_url)
    theatre.until(lambda: database.hosts()[0].beat_at > before.beat_at)
    assert theatre.supervisors[0].poll() is None
