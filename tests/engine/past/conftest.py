"""A scene with a ledger, made once and copied: two jobs are declared."""

from contextlib import closing
from shutil import copytree

import pytest

from jobrunner import config
from jobrunner.engine.scene import Scene
from jobrunner.engine.state import State, prepare
from jobrunner.jobfile.disk import Disk
from jobrunner.store import migrate_store, open_store
from tests.store.life import seen

JOBS = """\
[defaults]
catch_up = "latest"

[jobs.backup]
cron = "30 2 * * *"
timezone = "Europe/Berlin"
command = "backup"
lock = "db"
retries = 3
catch_up = "skip"

[jobs.report]
cron = "0 * * * *"
timezone = "UTC"
command = "report"
overlap = "queue"
lock = "db"
"""


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory):
    folder = tmp_path_factory.mktemp("past") / "db"
    migrate_store(folder / "ledger.db")
    return folder


@pytest.fixture
def scene_of(tmp_path, empty_ledger):
    """Makes the scene of a text of jobs.toml."""
    state = State(str(tmp_path / "state"))
    copytree(empty_ledger, tmp_path / "state" / "db")
    prepare(state)
    with closing(open_store(state.ledger)) as store:

        def make(text=JOBS):
            path = tmp_path / "jobs.toml"
            path.write_text(text)
            disk = Disk(path.stat().st_uid)
            parsed = config.parse(path.read_bytes(), str(path), disk)
            return Scene(config=parsed, state=state, store=store)

        yield make


@pytest.fixture
def here(scene_of):
    return scene_of()


@pytest.fixture
def store(here):
    seen(here.store, "backup")
    return here.store
