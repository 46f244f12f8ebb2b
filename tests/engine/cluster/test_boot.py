"""`@reboot` where hosts share a ledger: each host has its own starts."""

from datetime import timedelta

import pytest

from jobrunner.engine.boot import see_to_boot
from jobrunner.store.value import RunFilter
from tests.build import make_job

ONE = make_job(name="one", command="true", cron=("@reboot",))
EVERY = make_job(name="every", command="true", cron=("@reboot",), on="every")
WEB = make_job(name="web", command="true", cron=("@reboot",), hosts=("web-*",))
JOBS = (ONE, EVERY, WEB)


@pytest.fixture(autouse=True)
def just_started(monkeypatch):
    monkeypatch.setattr("jobrunner.engine.boot.age", lambda: timedelta(minutes=1))


def booted(host):
    """The jobs that wait to begin there after a look at its boot."""
    see_to_boot(host.post, host.lobby)
    return [run.job for run in host.lobby.waiting]


def test_each_host_runs_at_its_own_start_what_may_run_there(town):
    web, db = town.host("web-1", *JOBS), town.host("db-1", *JOBS)
    assert booted(web) == ["one", "every", "web"]
    assert booted(db) == ["one", "every"]
    runs = web.store.runs(RunFilter(job="one"))
    assert {(run.place, run.owner) for run in runs} == {
        ("web-1", web.post.owner),
        ("db-1", db.post.owner),
    }


def test_a_start_is_seen_to_once(town):
    web = town.host("web-1", *JOBS)
    assert booted(web) == ["one", "every", "web"]
    (town.folder / "web-1/run/boot").unlink()
    assert booted(town.host("web-1", *JOBS, owner="2")) == ["one", "every", "web"]
    assert len(web.store.runs(RunFilter(job="one"))) == 1
