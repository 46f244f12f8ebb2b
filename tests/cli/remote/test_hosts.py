"""Hosts that share a ledger, seen and drained through the `serve` of one of them."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.build import FakeClock
from tests.cli.remote.conftest import Pair
from tests.store.server import ledger_on
from tests.web.house import served
from tests.web.shared import beat, ran_on, shared_house


@pytest.fixture
def pair(servers, services, monkeypatch, capsys):
    """A host that shares its ledger, asked as a file and as an address."""
    with (
        ledger_on(servers, services.postgres()) as ledger,
        TemporaryDirectory(prefix="jr-", dir="/tmp") as folder,
    ):
        house = shared_house(Path(folder), ledger)
        with served(house.app) as url:
            yield Pair(house, url, monkeypatch, capsys, FakeClock)


@pytest.mark.parametrize("words", [("--fields", "name,state,agrees"), ("--json",)])
def test_hosts_are_told_from_afar_as_on_the_host(pair, words):
    near, far = pair.both("hosts", *words)
    assert near == far
    assert near[0] == 0


@pytest.mark.parametrize("words", [(), ("--by-host",), ("hello", "--by-host", "--json")])
def test_what_ran_on_each_host_is_told_from_afar_as_on_the_host(pair, words):
    for host in ("web-1", "db-1"):
        ran_on(pair.house, host, "hello")
    near, far = pair.both("stats", *words, "--since", "2026-11-01", FORCE_TTY="1")
    told, told_afar = (answer[1].split("\n\n")[-1] for answer in (near, far))
    assert told == told_afar
    assert "db-1" in told


def test_of_an_unknown_job_nothing_is_told_by_host(pair):
    near, far = pair.both("stats", "helo", "--by-host")
    assert near == far
    assert near[0] == 5


def test_a_host_is_drained_from_afar(pair):
    code, out, _ = pair.far("drain", "db-1", role="admin")
    assert (code, out.splitlines()[0]) == (0, "db-1 takes nothing new from now on.")
    assert pair.near("hosts", "--fields", "name,state,drained_by")[1] == (
        "db-1\tdrained\tadmin\nweb-1\talive\t\n"
    )
    with pair.house.scene() as scene:
        beat(scene.store, "db-1")
    assert "Nothing runs on db-1." in pair.far("drain", "db-1", "--wait", role="admin")[1]
    assert pair.far("drain", "db-1", "--off", role="admin")[1] == "db-1 takes runs again.\n"


@pytest.mark.parametrize(("role", "code"), [("operator", 4), ("admin", 0)])
def test_only_an_admins_token_drains(pair, role, code):
    assert pair.far("drain", "db-1", role=role)[0] == code


def test_from_afar_no_host_is_forgotten_and_no_file_pushed(pair):
    for words in (("hosts", "forget", "db-1"), ("config", "push"), ("config", "pull")):
        code, _, err = pair.far(*words, role="admin")
        assert (code, "this works on the host itself" in err) == (2, True)
