"""What the doctor says of hosts that share a ledger."""

from contextlib import closing
from datetime import timedelta
from types import SimpleNamespace

import psycopg
import pytest

from jobrunner import config
from jobrunner.engine.accord import fingerprint
from jobrunner.engine.doctor import host
from jobrunner.store import open_server
from jobrunner.store.fleet import Beat
from tests.store.server import empty

JOBS = '[settings]\nhost = "web-1"\n[jobs.backup]\ncommand = "backup"\n'
OWN = config.parse(JOBS, "/etc/jobs.toml")
PRINT = fingerprint(OWN)


@pytest.fixture
def store(ledger):
    empty(ledger)
    with closing(open_server(ledger)) as store:
        yield store


def beat(store, name, **changes):
    told = {"owner": f"{name}/1", "boot": "a", "version": "1.0", "config": PRINT} | changes
    store.beat(Beat(host=name, **told))


def later(ledger, column, name, hours):
    """Let so much time have passed since something was noted of a host."""
    with psycopg.connect(ledger, options="-c search_path=jobrunner") as connection:
        moved = f"UPDATE hosts SET {column} = {column} - %s WHERE name = %s"
        connection.execute(moved, (hours * 3_600_000_000, name))


def found(store):
    patient = SimpleNamespace(store=store, config=OWN)
    return [(one.severity, one.message, one.fix) for one in host.look(patient)]


def test_hosts_that_are_well_are_told_of_in_one_line(store):
    beat(store, "web-1")
    beat(store, "web-2")
    assert found(store) == [("ok", "2 hosts with the same jobs.toml, none silent", None)]


def test_a_ledger_without_hosts_is_told_of(store):
    told = ("warning", "no host takes runs: a supervisor of each makes it known", "jobrunner tick")
    assert found(store) == [told]


def test_a_host_that_is_silent_is_told_of(store, ledger):
    beat(store, "web-1")
    beat(store, "web-2")
    later(ledger, "beat_at", "web-2", 1)
    ((severity, message, fix),) = found(store)
    assert (severity, message.startswith("web-2 was not heard of for 1h"), fix) == (
        *("warning", True),
        None,
    )
    later(ledger, "beat_at", "web-2", 30)
    assert found(store)[0][2] == "jobrunner hosts forget web-2"


def test_one_that_left_as_it_should_is_none(store):
    beat(store, "web-1")
    beat(store, "web-2", config="other", skew=timedelta(hours=1))
    store.leave("web-2", "web-2/1")
    assert [each[0] for each in found(store)] == ["ok"]


def test_a_drain_that_was_forgotten_is_told_of(store, ledger):
    beat(store, "web-1")
    store.drain("web-1", "ann", now=store.clock())
    assert [each[0] for each in found(store)] == ["ok"]
    later(ledger, "drained_at", "web-1", 50)
    told = "web-1 takes nothing new since 2d, as ann asked"
    assert found(store) == [("warning", told, "jobrunner drain web-1 --off")]


def test_where_none_was_pushed_the_one_that_differs_is_told_of(store):
    for name in ("web-1", "web-2"):
        beat(store, name)
    beat(store, "web-3", config="other")
    told = "web-3 has another jobs.toml than most hosts"
    assert found(store) == [("warning", told, None)]


def test_this_host_may_be_the_one_that_differs(store):
    for name in ("web-2", "web-3"):
        beat(store, name, config="other")
    assert found(store) == [("warning", "this host has another jobs.toml than most hosts", None)]


def test_of_two_that_differ_none_is_right(store):
    beat(store, "web-1")
    beat(store, "web-2", config="other")
    told = "web-2 and this host have not the same jobs.toml"
    assert found(store) == [("warning", told, None)]


def test_who_has_not_the_version_that_was_pushed_is_told_of(store):
    first = store.push_config("1", "old", by="ann", host="web-1", parent=None)
    store.push_config("2", PRINT, by="ann", host="web-1", parent=first.version)
    beat(store, "web-1")
    beat(store, "web-2", config="old")
    told = "web-2 has version 1, and not version 2"
    assert found(store) == [("warning", told, "on web-2: jobrunner config pull")]


def test_of_this_host_the_file_counts_as_it_is_now(store):
    store.push_config("1", "new", by="ann", host="web-1", parent=None)
    beat(store, "web-1", config="new")
    told = "jobs.toml on this host is not version 1"
    assert found(store) == [("warning", told, "jobrunner config pull")]


def test_versions_that_differ_are_told_of(store):
    beat(store, "web-1")
    beat(store, "web-2", version="1.1")
    told = "hosts run different versions of jobrunner: web-1: 1.0; web-2: 1.1"
    assert found(store) == [("warning", told, None)]


@pytest.mark.parametrize(("seconds", "way"), [(90, "ahead of"), (-1.5, "behind")])
def test_a_clock_that_is_off_is_told_of_and_decides_nothing(store, seconds, way):
    beat(store, "web-1", skew=timedelta(seconds=seconds))
    ((_, message, fix),) = found(store)
    assert f"is {abs(seconds):.1f}s {way} the database's" in message
    assert fix == "on web-1: chronyc makestep"


def test_of_one_hosts_ledger_nothing_is_told():
    assert found(None) == []
