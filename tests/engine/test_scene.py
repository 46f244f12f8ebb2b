"""What a command works with, as it is opened."""

import os
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from jobrunner.engine.sameness import Sameness
from jobrunner.engine.scene import host_of, ledger
from jobrunner.engine.state import State, prepare
from jobrunner.errors import StoreDamagedError, StoreForbiddenError
from jobrunner.model.settings import Settings


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: as another user, for want of root")
def test_a_state_folder_that_may_not_be_looked_into_is_not_taken_for_a_new_one(tmp_path):
    state = State(f"{tmp_path}/state")
    ledger(state).close()
    os.seteuid(61001)
    try:
        with pytest.raises(StoreForbiddenError, match=r"ledger\.db: uid 61001 cannot"):
            ledger(state)
    finally:
        os.seteuid(0)


@pytest.fixture
def known(tmp_path, postgres_url):
    """The state folder of a host that has worked with a shared ledger."""
    state = State(f"{tmp_path}/state")
    prepare(state)
    ledger(state, postgres_url).close()
    return state


def change(url, statement):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def test_a_shared_ledger_that_vanished_is_an_alarm_and_no_fresh_start(known, postgres_url):
    change(postgres_url, "DROP SCHEMA jobrunner CASCADE")
    with pytest.raises(StoreDamagedError, match="the ledger that was there is gone"):
        ledger(known, postgres_url)


def test_one_that_was_swapped_is_an_alarm(known, postgres_url):
    change(postgres_url, "UPDATE jobrunner.about SET value = 'x' WHERE name = 'instance'")
    with pytest.raises(StoreDamagedError, match=r"another ledger \(x\) is where [0-9a-f]+ was"):
        ledger(known, postgres_url)


def test_one_that_is_begun_anew_on_purpose_is_taken(known, postgres_url):
    change(postgres_url, "DROP SCHEMA jobrunner CASCADE")
    Path(known.folder, "run/shared.id").unlink()
    ledger(known, postgres_url).close()


def test_a_ledger_in_another_place_is_another_one(known, postgres_url, servers, services):
    with servers.fresh_database(services.postgres()) as other:
        ledger(known, other).close()


def test_the_note_of_a_ledger_tells_no_password(tmp_path, known):
    Sameness(known, "postgresql://ann:hunter2@db/jobs").check(SimpleNamespace(instance="x"))
    assert "hunter2" not in Path(known.folder, "run/shared.id").read_text()


def test_a_host_has_the_name_that_jobs_toml_gives_it():
    assert host_of(Settings(host="web-1")) == "web-1"


def test_without_one_it_is_called_what_it_calls_itself():
    assert host_of(Settings()) == os.uname().nodename
