"""`jobrunner locks` as its reader meets it."""

import fcntl
import json
import os

import pytest

from tests.cli.past import ledger
from tests.engine.report.ledger import MINUTE, NOON, queued, started


@pytest.fixture
def held(call, tmp_path):
    """A run of a supervisor that nobody knows."""
    with ledger() as store:
        started(store, queued(store, "hello"), NOON - 5 * MINUTE)
    return call


def test_where_nothing_is_held_it_is_said(call):
    assert call("locks", FORCE_TTY="1") == (0, "Nothing is held.\n", "")
    assert call("locks", "--json") == (0, "[]\n", "")


def test_what_a_run_holds_is_a_row(held):
    out = held("locks", FORCE_TTY="1")[1]
    assert out.splitlines()[0].split() == ["NAME", "KIND", "HELD", "BY", "FOR", "WHAT"]
    assert 'job   hello #1 on web-1  5m 00s  overlap = "skip"' in out


def test_a_file_that_is_locked_is_a_row(call, tmp_path):
    with (tmp_path / ".jobs.toml.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        (row,) = json.loads(call("locks", "--json")[1])
    assert (row["name"], row["kind"], row["pid"]) == ("edit jobs.toml", "file", os.getpid())
    assert row["path"] == f"{tmp_path}/.jobs.toml.lock"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("db/ledger.db.migrate", "migrate"),
        ("run/locks/db.lock", "db"),
        ("run/supervisor.lock", "supervisor"),
    ],
)
def test_each_lock_of_the_state_folder_is_known(held, tmp_path, file, name):
    path = tmp_path / ".jobrunner" / file
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert f"{name}\t{os.getpid()}\n" in held("locks", "--fields", "name,pid")[1]


def test_fields_can_be_chosen(held):
    assert held("locks", "--fields", "name,run,life") == (0, "hello\t1\tunknown\n", "")


@pytest.mark.parametrize("width", [80, 100])
def test_no_line_is_wider_than_the_terminal(held, width):
    out = held("locks", FORCE_TTY="1", JOBRUNNER_COLUMNS=str(width))[1]
    assert max(map(len, out.splitlines())) <= width
