"""Which jobs may be removed, at noon UTC on Friday 2026-11-20."""

from datetime import timedelta

import pytest

from jobrunner.engine.draft.removal import by_file, check_followers, ended
from jobrunner.engine.draft.site import survey
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State
from jobrunner.errors import BusyError
from jobrunner.model.decision import Look
from jobrunner.model.run import Trigger
from jobrunner.store.value import NewRun
from tests.build import NOON
from tests.engine.draft.desk import make_asker

JOBS = """
include = ["*.inc"]

[jobs.once]
at = 2026-11-20T11:00:00Z
command = "true"

[jobs.soon]
at = 2026-11-20T13:00:00Z
command = "true"

[jobs.by-hand]
command = "true"

[jobs.a]
after = ["b"]
command = "true"
"""
HOUR = timedelta(hours=1)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "jobs.toml").write_text(JOBS)
    (tmp_path / "more.inc").write_text('[jobs.b]\ncommand = "true"\n')
    return tmp_path


@pytest.fixture
def site(folder):
    return survey("jobs.toml", make_asker(folder))


@pytest.fixture
def store(folder):
    store = ledger(State(f"{folder}/.jobrunner"))
    yield store
    store.close()


def look(store, until):
    """Mark how far the job has been looked at."""
    first = Look(job="once", since=None, until=until, next_at=None, schedule="x")
    store.claim([first], owner="me", host="here", now=until)


def test_a_job_whose_slots_are_past_has_ended(site, folder):
    assert ended(site, make_asker(folder), NOON) == (["once"], {})


def test_a_slot_that_no_tick_has_seen_to_keeps_its_job(site, folder, store):
    look(store, NOON - 2 * HOUR)
    found = ended(site, make_asker(folder), NOON)
    assert found == ([], {"once": "its last slot is not seen to yet"})


def test_a_slot_that_is_seen_to_does_not(site, folder, store):
    look(store, NOON)
    assert ended(site, make_asker(folder), NOON) == (["once"], {})


def test_a_run_that_is_not_over_keeps_its_job(site, folder, store):
    run = store.add(NewRun(job="once", trigger=Trigger.MANUAL), owner="me", host="here", now=NOON)
    found = ended(site, make_asker(folder), NOON)
    assert found == ([], {"once": f"run #{run.id} is queued"})


def test_a_job_that_another_waits_for_stays(site):
    with pytest.raises(BusyError, match=r"a starts after b\. Nothing was removed"):
        check_followers(site, ["b"])


def test_both_may_go_together_the_waiting_one_first(site, folder):
    check_followers(site, ["a", "b"])
    files = by_file(site, ["b", "a", "b"])
    assert [*files.items()] == [(f"{folder}/jobs.toml", ["a"]), (f"{folder}/more.inc", ["b"])]
