"""Every version of Procrastinate that may be installed delivers runs, and is brought up to date."""

import subprocess
import sys
import zipfile
from contextlib import closing
from importlib.metadata import requires

import pytest

from jobrunner.model.decision import Route
from jobrunner.model.run import Outcome, State, Trigger
from jobrunner.store import migrate_store, open_store
from jobrunner.store.fleet import Beat
from jobrunner.store.postgres import proof
from jobrunner.store.value import Ending, Launch, NewRun
from tests.build import NOON
from tests.services import missing

OLDEST = "3.7.0"  # as pyproject.toml bounds it
# Beside the one that is installed, which is what each is brought up to.
VERSIONS = (OLDEST, "3.8.1", "3.9.0")


@pytest.fixture(scope="session")
def queue_of(tmp_path_factory):
    """The folder of a version's schema and migrations."""

    def queue_of(version):
        folder = tmp_path_factory.mktemp("procrastinate")
        wanted = ["--no-deps", "--no-binary=:none:", "-q", f"procrastinate=={version}"]
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", *wanted, "-d", folder],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise missing("procrastinate", done.stderr.strip()[-200:], "reach a package registry")
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        return folder / "procrastinate" / "sql"

    return queue_of


@pytest.fixture
def url(servers, services):
    with servers.fresh_database(services.postgres()) as url:
        yield url


def ask(store):
    new = NewRun(job="one", trigger=Trigger.MANUAL, asked_by="me", route=Route())
    return store.add(new, owner="a/1", host="a", now=NOON)


def carry_out(store):
    """Take all that waits and see it through; how many those were."""
    host = store.beat(Beat(host="a", owner="a/1", boot="b"))
    taken = store.take_runs([""], 10, owner="a/1", host="a", worker=host.worker)
    launches = [Launch(run=each.run.id) for each in taken]
    started = store.start(launches, owner="a/1", host="a", now=NOON)
    outcome = Outcome(state=State.SUCCESS, finished_at=NOON, exit_code=0)
    endings = [Ending(run=run.id, attempt=1, outcome=outcome) for run in started]
    return len(store.finish(endings, owner="a/1"))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_delivers_and_goes_on_after_an_upgrade(version, queue_of, url, monkeypatch):
    folder = queue_of(version)
    with monkeypatch.context() as patch:
        patch.setattr(proof, "queue_folder", lambda: folder)
        migrate_store(url)
        with closing(open_store(url)) as store:
            ask(store)
            assert carry_out(store) == 1
            waiting = ask(store)
    migrate_store(url)
    with closing(open_store(url)) as store:
        assert store.run(waiting.id).state is State.QUEUED
        assert carry_out(store) == 1
        assert store.heal() == 0


def test_the_oldest_that_is_tried_is_the_oldest_that_may_be_installed():
    (bounds,) = {
        each.partition(";")[0].strip()
        for each in requires("jobrunner")
        if each.startswith("procrastinate")
    }
    assert f">={OLDEST.removesuffix('.0')}" in bounds
    assert "<4" in bounds
