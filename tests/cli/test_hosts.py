"""`jobrunner hosts` and `drain` as their reader meets them; `drain` is refused for one host."""

import json
import re

import pytest

from jobrunner.model.decision import Look, Route, Start
from jobrunner.model.run import State
from jobrunner.store.fleet import Piece
from jobrunner.store.value import Launch
from tests.build import FakeClock
from tests.cli.fleet import STORE, Hosts
from tests.cli.past import ledger
from tests.engine.report.ledger import HOUR, MINUTE, NOON, ended, queued, started
from tests.store.life import by_hand
from tests.store.server import empty, ledger_on


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


@pytest.fixture(scope="module")
def shared(servers, services):
    with ledger_on(servers, services.postgres()) as url:
        yield url


@pytest.fixture
def hosts(shared, tmp_path, monkeypatch, capsys):
    """A host that shares its ledger with another one."""
    empty(shared)
    found = Hosts(tmp_path, shared, monkeypatch, capsys)
    found.write("web-1")
    for host in ("web-1", "web-2"):
        found.beat(host, config="same")
    return found


def begin(hosts, host="web-2"):
    """A run that goes on at a host."""
    with hosts.store() as store:
        run = store.add(by_hand("backup"), owner="me", host=host, now=NOON)
        return store.start([Launch(run=run.id)], owner="me", host=host, now=NOON)[0]


def end(hosts, run):
    with hosts.store() as store:
        ended(store, run, State.SUCCESS, NOON)


class Eventful(FakeClock):
    """A clock by which something happens whenever somebody waits."""

    def __init__(self, *events):
        super().__init__()
        self._events = [*events]

    def sleep(self, seconds):
        super().sleep(seconds)
        if self._events:
            self._events.pop(0)()


def test_every_host_that_shares_the_ledger_is_a_row(hosts):
    hosts.beat("web-2", running=3, waiting=1, labels=("gpu",), config="same")
    lines = hosts.call("web-1", "hosts", FORCE_TTY="1")[1].splitlines()
    assert lines[0].split() == [
        *("HOST", "STATE", "RUNNING", "BEAT", "TICK", "VERSION", "CONFIG", "SKEW", "LABELS"),
    ]
    assert lines[2].split("  ")[:3] == [" ✓ web-2", "alive", "3 of 8, 1 wait"]
    assert lines[2].endswith("1.0      same    +0.00s  gpu")


def test_what_another_host_says_of_itself_does_nothing_to_a_terminal(hosts):
    strange = "\x1b[31mred"
    hosts.beat("web-2", version=strange, labels=(strange,), config=strange)
    for words in (("hosts",), ("doctor",)):
        assert strange not in hosts.call("web-1", *words, FORCE_TTY="1")[1]


def test_what_is_not_as_it_should_be_is_told_below(hosts):
    hosts.beat("web-3", config="same")
    hosts.beat("web-2", config="other")
    lines = hosts.call("web-1", "hosts", FORCE_TTY="1")[1].splitlines()
    assert "other !" in lines[2]
    assert lines[-1].strip().startswith("! another jobs.toml than it should be: web-2.")


def test_in_a_pipe_a_host_is_a_line(hosts):
    out = hosts.call("web-1", "hosts", "--fields", "name,state,capacity")[1]
    assert out == "web-1\talive\t8\nweb-2\talive\t8\n"


def test_a_drained_host_says_who_asked(hosts):
    code, out, _ = hosts.call("web-1", "drain", "web-2")
    assert (code, out.splitlines()[0]) == (0, "web-2 takes nothing new from now on.")
    assert "drained by" in hosts.call("web-1", "hosts", FORCE_TTY="1")[1]
    assert "takes nothing new already" in hosts.call("web-1", "drain", "web-2")[1]
    assert hosts.call("web-1", "drain", "web-2", "--off")[1] == "web-2 takes runs again.\n"
    assert hosts.call("web-1", "drain", "web-2", "--off")[1] == "web-2 is not drained.\n"


def test_who_drains_a_host_can_wait_until_nothing_runs_there(hosts):
    run = begin(hosts)
    clock = Eventful(lambda: hosts.beat("web-2"), lambda: end(hosts, run))
    out = hosts.call("web-1", "drain", "web-2", "--wait", clock=clock)[1].splitlines()
    assert out[1:3] == [f"  still runs there: backup #{run.id}", "Nothing runs on web-2."]
    assert clock.elapsed() >= 1.0


def test_what_it_may_still_begin_is_waited_for_too(hosts):
    """Until its next beat the host has not heard that it is to take nothing new."""
    begun = []
    clock = Eventful(
        lambda: begun.append(begin(hosts)),
        lambda: hosts.beat("web-2"),
        lambda: end(hosts, begun[0]),
    )
    out = hosts.call("web-1", "drain", "web-2", "--wait", clock=clock)[1]
    assert "Nothing runs on web-2." in out
    assert clock.elapsed() >= 1.5


def test_a_host_that_left_is_forgotten_and_one_that_lives_is_not(hosts):
    assert hosts.call("web-1", "hosts", "forget", "web-2")[0] == 6
    with hosts.store() as store:
        store.leave("web-2", "web-2/a/1")
    assert hosts.call("web-1", "hosts", "forget", "web-2")[1] == "web-2 is forgotten.\n"
    assert hosts.call("web-1", "hosts", "--fields", "name")[1] == "web-1\n"


def test_an_unknown_host_is_met_with_the_one_that_was_meant(hosts):
    code, _, err = hosts.call("web-1", "drain", "wbe-2")
    assert (code, 'Did you mean "web-2"' in err) == (5, True)


def test_status_tells_of_the_others(hosts):
    hosts.call("web-1", "drain", "web-2")
    out = hosts.call("web-1", "status", FORCE_TTY="1")[1]
    assert re.search(r"‖ hosts +2 hosts; drained: web-2", out)


def test_an_output_says_on_which_host_it_was_written(hosts):
    with hosts.store() as store:
        run = store.add(by_hand("backup"), owner="me", host="web-2", now=NOON)
        store.start([Launch(run=run.id, output="1.log")], owner="me", host="web-2", now=NOON)
        store.keep_pieces([Piece(run.id, 1, 0, b"well")], NOON)
    heading, line, _ = hosts.call("web-1", "logs", "backup", FORCE_TTY="1")[1].splitlines()
    assert "  running on web-2, attempt 1 of 1" in heading
    assert line.endswith("well")


def test_why_tells_who_claimed_the_slot(hosts):
    hosts.write("web-1", f"{STORE}[jobs.tick]\ncron = '0 * * * *'\ncommand = 'true'\n")
    with hosts.store() as store:
        common = {"job": "tick", "schedule": "s", "next_at": None}
        first = Look(since=None, until=NOON - HOUR, **common)
        slot = Look(
            since=NOON - HOUR, until=NOON, decisions=(Start(NOON),), route=Route(), **common
        )
        for look in (first, slot):
            store.claim([look], owner="web-2/a/1", host="web-2", now=NOON)
    assert "web-2 claimed it" in hosts.call("web-1", "why", "tick")[1]


def ran_on(hosts, host, state=State.SUCCESS, took=MINUTE):
    """A run that ended on a host an hour ago."""
    with hosts.store() as store:
        run = store.add(by_hand("backup"), owner="me", host=host, now=NOON - HOUR - took)
        launch = Launch(run=run.id)
        run = store.start([launch], owner="me", host=host, now=NOON - HOUR - took)[0]
        ended(store, run, state, NOON - HOUR, took=took)


def test_stats_tell_below_what_each_host_came_to(hosts):
    ran_on(hosts, "web-1")
    assert "HOST" not in hosts.call("web-1", "stats", FORCE_TTY="1")[1]
    ran_on(hosts, "web-2", took=2 * MINUTE)
    ran_on(hosts, "web-2", State.TIMEOUT)
    ran_on(hosts, "web-2", State.LOST)
    lines = hosts.call("web-1", "stats", FORCE_TTY="1")[1].splitlines()
    below = lines[lines.index("") + 1 :]
    assert [line.split() for line in below[:3]] == [
        ["HOST", "RUNS", "OK", "FAILED", "LOST", "MEAN", "LONGEST"],
        ["web-1", "1", "100%", "0", "0", "1m", "00s", "1m", "00s"],
        ["web-2", "3", "33.33%", "1", "1", "2m", "00s", "2m", "00s"],
    ]
    assert below[3].startswith(" By host only runs that are kept are told")


def test_stats_by_host_are_for_programs_too(hosts):
    assert hosts.call("web-1", "stats", "--by-host", FORCE_TTY="1")[1].startswith("Nothing ended")
    ran_on(hosts, "web-2", took=2 * MINUTE)
    (row,) = json.loads(hosts.call("web-1", "stats", "--by-host", "--json")[1])
    assert (row["host"], row["success"], row["max_seconds"]) == ("web-2", 1, 120.0)
    picked = hosts.call("web-1", "stats", "backup", "--by-host", "--fields", "host,runs")
    assert picked == (0, "web-2\t1\n", "")
    assert hosts.call("web-1", "stats", "report", "--by-host") == (0, "", "")


def test_stats_by_host_of_one_hosts_ledger_are_refused(alone):
    code, out, err = alone("stats", "--by-host")
    assert (code, out) == (3, "")
    assert "one host's alone: what ran on it is in `jobrunner stats`" in err
