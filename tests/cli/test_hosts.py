"""`jobrunner hosts` and `drain` as their reader meets them; `drain` is refused for one host."""

import json

import pytest

from tests.cli.past import ledger
from tests.engine.report.ledger import MINUTE, NOON, queued, started


@pytest.fixture
def alone(call):
    """A host that has its ledger for itself, and a run that goes on."""
    with ledger() as store:
        started(store, queued(store, "hello"), NOON - 5 * MINUTE)
        store.note_tick("web-1", NOON - MINUTE / 2, 2 * MINUTE)
    return call


def test_a_ledger_of_one_host_has_that_one(alone):
    out = alone("hosts", FORCE_TTY="1")[1]
    heading, row, remark = out.splitlines()
    assert heading.split() == ["HOST", "STATE", "RUNNING", "TICK", "VERSION", "CONFIG", "LABELS"]
    assert "alive  1 of 100  30s ago" in row
    assert remark == "   This ledger is one host's alone."


def test_it_is_told_to_programs_in_the_same_shape(alone):
    (row,) = json.loads(alone("hosts", "--json")[1])
    assert (row["state"], row["running"], row["agrees"], row["config_version"]) == (
        *("alive", 1, True),
        None,
    )
    assert alone("hosts", "--fields", "state,running") == (0, "alive\t1\n", "")


@pytest.mark.parametrize("words", [("drain", "web-1"), ("hosts", "forget", "web-1")])
def test_one_host_alone_is_not_drained(alone, words):
    code, out, err = alone(*words)
    assert (code, out) == (3, "")
    assert "this ledger is one host's alone: there is no other that could take over" in err


def test_who_lets_a_host_work_waits_for_nothing(alone):
    assert alone("drain", "web-1", "--off", "--wait")[0] == 2
