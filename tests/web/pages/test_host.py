"""The page of hosts: how each is, and a button that has it take nothing new."""

import re

import pytest

from jobrunner.model.access import Role
from jobrunner.model.decision import Look, Route, Start
from tests.build import NOON
from tests.store.life import queue
from tests.web.pages.sight import text_of, words_of
from tests.web.shared import audited, beat, shared_house


@pytest.fixture
def fleet(ledger, tmp_path):
    return shared_house(tmp_path, ledger)


def test_every_host_is_a_row(fleet):
    with fleet.scene() as scene:
        beat(scene.store, "db-1", running=3, waiting=1, labels=("ssd",))
    words = words_of(text_of(fleet.client("viewer"), "/hosts"))
    assert "db-1 alive 3 of 8, 1 wait ssd" in words
    assert "2 alive of 2" in words


def test_what_a_host_says_of_itself_is_no_markup(fleet):
    with fleet.scene() as scene:
        beat(scene.store, "<b>x</b>", labels=("<i>",), version="<s>", config="<u>")
    text = text_of(fleet.client("viewer"), "/hosts")
    assert "<b>x</b>" not in text
    assert "<i>" not in text


def test_one_that_does_something_else_is_told_of(fleet):
    with fleet.scene() as scene:
        beat(scene.store, "web-2")
        beat(scene.store, "web-3", config="other")
    words = words_of(text_of(fleet.client("viewer"), "/hosts"))
    assert "Another jobs.toml than it should be: web-3." in words


def test_an_admin_drains_a_host_and_lets_it_work(fleet):
    admin = fleet.client("admin")
    answer = admin.post("/hosts/db-1/drain")
    assert (answer.status_code, answer.headers["location"]) == (303, "/hosts")
    assert "db-1 takes nothing new." in words_of(text_of(admin, "/hosts"))
    admin.post("/hosts/db-1/undrain")
    assert "db-1 takes runs again." in words_of(text_of(admin, "/hosts"))
    assert [each[0] for each in audited(fleet)[:2]] == ["host.undrain", "host.drain"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_an_admin_finds_the_button(fleet, role):
    assert "/hosts/db-1/drain" not in text_of(fleet.client(role), "/hosts")
    assert fleet.client(role).post("/hosts/db-1/drain").status_code == 403
    assert "/hosts/db-1/drain" in text_of(fleet.client("admin"), "/hosts")


def test_only_where_hosts_share_a_ledger_the_page_is_led_to(fleet, museum):
    assert 'href="/hosts"' in text_of(fleet.client("viewer"), "/runs")
    assert 'href="/hosts"' not in text_of(museum.client("viewer"), "/runs")
    assert "This ledger is one host&#39;s alone." in text_of(museum.client("viewer"), "/hosts")


def test_the_runs_of_one_host_are_a_link_away(fleet):
    assert 'href="/runs?host=db-1"' in text_of(fleet.client("viewer"), "/hosts")
    assert 'name="host"' in text_of(fleet.client("viewer"), "/runs?host=db-1")


def test_a_token_of_some_jobs_does_not_see_the_hosts(fleet):
    client = fleet.client(secret=fleet.token("some", Role.VIEWER, jobs=("hello",)))
    assert client.get("/hosts").status_code == 403


def test_the_page_of_a_run_says_who_claimed_its_slot(fleet):
    with fleet.scene() as scene:
        store, now = scene.store, scene.store.clock()
        common = {"job": "hello", "schedule": "s", "next_at": None}
        first = Look(since=None, until=NOON, **common)
        slot = Look(since=NOON, until=now, decisions=(Start(now),), route=Route(), **common)
        for look in (first, slot):
            runs = store.claim([look], owner="db-1/1", host="db-1", now=now)
    words = words_of(text_of(fleet.client("viewer"), f"/runs/{runs[0].id}"))
    assert re.search(r"Claimed by db-1 at .*, by the database's clock", words)


def test_runs_of_many_hosts_say_where_they_were(fleet):
    with fleet.scene() as scene:
        queue(scene.store, "hello", host="db-1")
        queue(scene.store, "hello", host="web-1")
    viewer = fleet.client("viewer")
    assert text_of(viewer, "/runs").count('data-label="Host"') == 2
    assert text_of(viewer, "/runs?host=db-1").count('data-label="Host"') == 1
