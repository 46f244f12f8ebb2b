"""`jobrunner db move` as its user meets it."""

import fcntl
from contextlib import closing, contextmanager

import psycopg
import pytest

from jobrunner.model.run import State
from jobrunner.store import open_server, open_store
from jobrunner.store.value import RunFilter
from tests.cli.past import ledger
from tests.store.life import ended, running
from tests.store.server import empty, ledger_on

JOBS = '[jobs.backup]\ncommand = "true"\ncron = "0 2 * * *"\n'


@pytest.fixture(scope="module")
def server(servers, services):
    with ledger_on(servers, services.postgres()) as url:
        yield url


@pytest.fixture
def url(server, monkeypatch):
    empty(server)
    with psycopg.connect(server) as connection:
        connection.execute("DELETE FROM jobrunner.about WHERE name <> 'instance'")
    monkeypatch.setenv("THERE", server)
    return server


@pytest.fixture
def past(call, tmp_path):
    (tmp_path / "jobs.toml").write_text(JOBS)
    with ledger() as store:
        ended(store, State.SUCCESS)
    return tmp_path


def file_of(past):
    return past / ".jobrunner/db/ledger.db"


def runs_at(location):
    with closing(open_store(location)) as store:
        return len(store.runs(RunFilter()))


def test_a_ledger_is_moved_and_what_to_write_is_told(call, past, url):
    code, said, _ = call("db", "move", str(file_of(past)), "env:THERE", "--yes")
    assert (code, said.endswith('\n[settings]\nstore_env = "THERE"\n')) == (0, True), said
    assert "Moved 1 run, " in said
    assert f"The old one refuses to be used from now on: {file_of(past)}" in said
    assert runs_at(url) == 1


def test_a_place_that_cannot_be_known_is_refused_before_anything_is_asked(call, past):
    code, out, err = call("db", "move", str(file_of(past)), "env:NOWHERE")
    assert (code, out) == (3, "")
    assert "the variable NOWHERE is not set" in err


def test_what_was_moved_is_not_used_until_jobs_toml_says_where_it_is(call, past, url):
    call("db", "move", str(file_of(past)), "env:THERE", "--yes")
    code, _, said = call("history")
    assert (code, "was moved to postgresql://" in said) == (1, True), said
    (past / "jobs.toml").write_text(f'[settings]\nstore_env = "THERE"\n{JOBS}')
    assert call("history", "--json")[0] == 0


def test_it_is_taken_back(call, past, url):
    call("db", "move", str(file_of(past)), "env:THERE", "--yes")
    (past / "jobs.toml").write_text(f'[settings]\nstore_env = "THERE"\n{JOBS}')
    code, said, _ = call("db", "move", "env:THERE", str(file_of(past)), "--yes")
    assert (code, said.endswith("[settings]\n# no `store`\n")) == (0, True), said
    assert runs_at(file_of(past)) == 1


def test_who_wrote_it_before_is_told_nothing_to_write(call, past, url):
    (past / "jobs.toml").write_text(f'[settings]\nstore_env = "THERE"\n{JOBS}')
    code, said, _ = call("db", "move", str(file_of(past)), "env:THERE", "--yes")
    assert (code, "jobs.toml says so already." in said, "[settings]" in said) == (0, True, False)


@pytest.mark.parametrize(
    ("form", "setting"),
    [
        ("file", 'store_file = "{past}/there"'),
        ("plain", 'store = "postgresql://{host}'),
        ("secret", 'store_file = "..."  # the URL has a password'),
    ],
)
def test_each_form_of_a_place_is_told_as_it_is_written(call, past, url, form, setting):
    (past / "there").write_text(f"{url}\n")
    (past / "there").chmod(0o600)
    plain, _, options = url.partition("?")
    account, at, host = plain.removeprefix("postgresql://").rpartition("@")
    secret = f"postgresql://{account or 'postgres'}:hush@{host}?{options}"
    target = {"file": "file:there", "plain": url, "secret": secret}[form]
    code, said, told = call("db", "move", str(file_of(past)), target, "--yes")
    assert code == 0, told
    assert setting.format(past=past, host=f"{account}{at}") in said
    assert "hush" not in said + told


def test_it_asks_first(call, past, url):
    code, _, said = call("db", "move", str(file_of(past)), "env:THERE")
    assert (code, "add --yes" in said) == (2, True)
    assert runs_at(file_of(past)) == 1


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("env:NOWHERE", "the variable NOWHERE is not set"),
        ("file:nowhere", "nowhere"),
        ("mysql://db1/jobs", "no such kind of ledger"),
    ],
)
def test_a_place_that_is_none_is_told(call, past, place, told):
    code, _, said = call("db", "move", str(file_of(past)), place, "--yes")
    assert (code != 0, told in said) == (True, True), said


@contextmanager
def awake(folder):
    """A supervisor that does not leave."""
    with (folder / "run/supervisor.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_nothing_is_moved_while_a_supervisor_is_awake(call, past, url):
    with awake(past / ".jobrunner"):
        code, _, said = call("db", "move", str(file_of(past)), "env:THERE", "--yes")
    assert (code, "does not leave" in said) == (6, True), said
    assert runs_at(file_of(past)) == 1


def test_the_supervisor_of_another_folder_whose_ledger_it_is_counts_too(
    call, past, url, tmp_path_factory
):
    other = tmp_path_factory.mktemp("other")
    (other / "db").mkdir()
    (other / "run").mkdir()
    (file_of(past)).rename(other / "db/ledger.db")
    file_of(past).with_name("ledger.db.id").rename(other / "db/ledger.db.id")
    with awake(other):
        code, _, said = call("db", "move", str(other / "db/ledger.db"), "env:THERE", "--yes")
    assert (code, str(other) in said) == (6, True), said


def test_what_goes_on_on_another_host_is_not_taken_into_a_file(call, past, url):
    with closing(open_server(url)) as store:
        running(store, job="there")
    target = str(past / "fresh.db")
    code, _, said = call("db", "move", "env:THERE", target, "--yes")
    assert (code, "not over yet, on other hosts: there #1" in said) == (6, True), said
