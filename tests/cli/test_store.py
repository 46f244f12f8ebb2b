"""Commands with a ledger that is elsewhere: another file, or a database of PostgreSQL."""

import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from jobrunner.model.run import State
from jobrunner.store import migrate_store, open_store
from tests.cli.conftest import JOBS
from tests.store.life import ended


@pytest.fixture
def elsewhere(call, tmp_path):
    """A jobs.toml whose ledger is another file."""
    (tmp_path / "srv").mkdir()
    (tmp_path / "jobs.toml").write_text(f'[settings]\nstore = "srv/ledger.db"\n{JOBS}')
    return tmp_path / "srv/ledger.db"


@pytest.fixture
def shared(call, tmp_path, postgres_url, monkeypatch):
    """A jobs.toml whose ledger is in PostgreSQL, as a variable says."""
    (tmp_path / "jobs.toml").write_text(f'[settings]\nstore_env = "JOBRUNNER_STORE"\n{JOBS}')
    monkeypatch.setenv("JOBRUNNER_STORE", with_password(postgres_url))
    return postgres_url


def with_password(url):
    """The same place with a password, which a server that trusts its callers does not ask for."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user.partition(':')[0] or 'postgres'}:hunter2@{host}").geturl()


def test_another_file_is_made_and_used_and_none_beside_jobs_toml(call, elsewhere, tmp_path):
    assert call("list")[0] == 0
    with closing(sqlite3.connect(elsewhere)) as database:
        assert database.execute("SELECT count(*) FROM runs").fetchall() == [(0,)]
    assert not (tmp_path / ".jobrunner/db/ledger.db").exists()


def test_the_path_of_another_file_is_told(call, elsewhere):
    assert call("db", "path")[1] == f"{elsewhere}\n"


def test_to_look_ahead_makes_no_ledger_elsewhere_either(call, elsewhere):
    assert call("next")[0] == 0
    assert not elsewhere.exists()


def test_history_is_that_of_the_shared_ledger(call, shared):
    migrate_store(shared)
    with closing(open_store(shared)) as store:
        ended(store, State.SUCCESS)
    assert "backup" in call("history")[1]


def test_a_shared_ledger_is_made_by_the_first_who_needs_it(call, shared):
    assert call("list")[0] == 0
    open_store(shared).close()


def test_to_look_ahead_makes_no_shared_ledger(call, shared):
    assert call("next")[0] == 0
    code, said, _ = call("db", "check")
    assert (code, "there is no ledger yet" in said) == (1, True)


@pytest.mark.parametrize("words", [("db", "path"), ("db", "check"), ("db", "migrate"), ("status",)])
def test_the_password_is_never_shown(call, shared, words):
    call("list")
    _, said, complained = call(*words)
    assert "hunter2" not in said + complained
    assert "postgresql://" in said + complained


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        (("db", "backup"), "pg_dump"),
        (("db", "restore", "copy.db", "--yes"), "pg_restore"),
        (("db", "recover", "--yes"), "pg_restore"),
    ],
)
def test_what_the_servers_own_tools_do_is_refused_with_their_names(call, shared, words, instead):
    call("list")
    code, _, complained = call(*words)
    assert (code, instead in complained, "hunter2" in complained) == (1, True, False)


def test_a_full_check_finds_what_cannot_be_read(call, shared):
    call("list")
    assert call("db", "check", "--full")[0] == 0


def test_a_migration_makes_a_shared_ledger_and_finds_nothing_to_do_then(call, shared):
    assert "brought up to date: 0001" in call("db", "migrate")[1]
    assert "is up to date." in call("db", "migrate")[1]


def test_a_server_that_is_not_there_is_told_without_its_password(call, shared, monkeypatch):
    monkeypatch.setenv("JOBRUNNER_STORE", "postgresql://ann:hunter2@127.0.0.1:1/jobs")
    code, _, complained = call("list")
    assert (code, "hunter2" in complained, "127.0.0.1:1" in complained) == (1, False, True)


def test_a_variable_that_is_not_set_is_told(call, shared, monkeypatch):
    monkeypatch.delenv("JOBRUNNER_STORE")
    code, _, complained = call("history")
    assert (code, "the variable JOBRUNNER_STORE is not set" in complained) == (3, True)
