"""Hosts over HTTP: who shares the ledger, and who takes nothing new."""

import msgspec
import pytest

from jobrunner.engine.report.host import see_hosts
from jobrunner.model.access import Role
from jobrunner.model.decision import Look, Route, Start
from jobrunner.model.run import State
from tests.build import NOON
from tests.engine.report.ledger import ran
from tests.web.shared import audited, ran_on, shared_house

HOSTS = "/api/v1/hosts"
FIGURES = "/api/v1/stats/hosts?since=2026-11-01"


@pytest.fixture
def fleet(ledger, tmp_path):
    return shared_house(tmp_path, ledger)


def test_hosts_are_told_as_the_command_tells_them(fleet):
    told = fleet.client("viewer").get(HOSTS).json()
    with fleet.scene() as scene:
        wanted = msgspec.json.decode(msgspec.json.encode(see_hosts(scene, NOON)))
    assert told["hosts"] == wanted["hosts"]
    assert [host["name"] for host in told["hosts"]] == ["db-1", "web-1"]


def test_a_ledger_of_one_host_has_that_one(house):
    told = house.client("viewer").get(HOSTS).json()
    assert (told["is_shared"], len(told["hosts"])) == (False, 1)


def test_a_host_is_drained_and_works_again(fleet):
    admin = fleet.client("admin")
    drained = admin.post(f"{HOSTS}/db-1/drain").json()
    assert (drained["drained"], drained["by"], drained["running"]) == (True, "admin", [])
    assert admin.get(HOSTS).json()["hosts"][0]["state"] == "drained"
    assert not admin.delete(f"{HOSTS}/db-1/drain").json()["drained"]
    assert audited(fleet)[:2] == [("host.undrain", "db-1", "done"), ("host.drain", "db-1", "done")]


def test_an_unknown_host_is_not_found_and_that_is_noted(fleet):
    answer = fleet.client("admin").post(f"{HOSTS}/db-9/drain")
    assert (answer.status_code, 'Did you mean "db-1"' in answer.json()["detail"]) == (404, True)
    assert audited(fleet)[0] == ("host.drain", "db-9", "refused")


def test_one_host_alone_is_not_drained(house):
    answer = house.client("admin").post(f"{HOSTS}/web-1/drain")
    assert answer.status_code == 422
    assert "one host's alone" in answer.json()["detail"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_an_admin_drains(fleet, role):
    assert fleet.client(role).post(f"{HOSTS}/db-1/drain").status_code == 403


def test_a_token_of_some_jobs_neither_sees_nor_drains_hosts(fleet):
    client = fleet.client(secret=fleet.token("some", Role.ADMIN, jobs=("hello",)))
    assert client.get(HOSTS).status_code == 403
    assert client.post(f"{HOSTS}/db-1/drain").status_code == 403


def test_a_run_tells_who_claimed_its_slot_and_when(fleet):
    with fleet.scene() as scene:
        store, now = scene.store, scene.store.clock()
        common = {"job": "hello", "schedule": "s", "next_at": None}
        first = Look(since=None, until=NOON, **common)
        slot = Look(since=NOON, until=now, decisions=(Start(now),), route=Route(), **common)
        for look in (first, slot):
            runs = store.claim([look], owner="web-1/1", host="web-1", now=now)
    told = fleet.client("viewer").get(f"/api/v1/runs/{runs[0].id}").json()
    assert told["claimed_by"] == "web-1"
    assert told["claimed_at"] >= msgspec.to_builtins(now)[:19]


def test_of_one_hosts_ledger_no_run_says_who_claimed_it(house):
    with house.scene() as scene:
        run = ran(scene.store, "hello", State.SUCCESS)
    told = house.client("viewer").get(f"/api/v1/runs/{run.id}").json()
    assert (told["claimed_by"], told["claimed_at"]) == ("", None)


def test_the_address_of_the_ledger_is_told_without_its_password(fleet):
    told = fleet.client("viewer").get("/api/v1/status").json()
    assert told["database"].startswith("postgresql://")
    assert [host["state"] for host in told["hosts"]] == ["alive", "alive"]


def test_figures_are_told_by_host(fleet):
    for host, job in (("web-1", "hello"), ("db-1", "hello"), ("db-1", "backup")):
        ran_on(fleet, host, job)
    told = fleet.client("viewer").get(FIGURES).json()
    assert told["is_shared"]
    assert [(one["host"], one["runs"], one["mean_seconds"]) for one in told["hosts"]] == [
        ("db-1", 2, 120.0),
        ("web-1", 1, 120.0),
    ]
    some = fleet.client("viewer").get(f"{FIGURES}&job=backup").json()
    assert [(one["host"], one["runs"]) for one in some["hosts"]] == [("db-1", 1)]


def test_a_token_of_some_jobs_is_told_of_these_by_host(fleet):
    ran_on(fleet, "web-1", "hello")
    ran_on(fleet, "db-1", "backup")
    client = fleet.client(secret=fleet.token("by-host", Role.VIEWER, jobs=("hello",)))
    assert [one["host"] for one in client.get(FIGURES).json()["hosts"]] == ["web-1"]
    none = fleet.client(secret=fleet.token("of-none", Role.VIEWER, jobs=("none-*",)))
    assert none.get(FIGURES).json()["hosts"] == []


def test_one_hosts_ledger_has_no_figures_by_host(house):
    told = house.client("viewer").get(FIGURES).json()
    assert (told["is_shared"], told["hosts"]) == (False, [])
