"""A scene with an empty ledger and the jobs that a test declares."""

from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest

from jobrunner.engine.scene import Scene
from jobrunner.engine.state import State
from jobrunner.model.settings import Config
from jobrunner.store import migrate_store, open_store


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory):
    """Made once: a copy is as good, and costs no waiting for the disk."""
    state = State(str(tmp_path_factory.mktemp("figures")))
    migrate_store(state.ledger)
    return Path(state.ledger).parent


@pytest.fixture
def scene_of(tmp_path, empty_ledger):
    """Makes the scene of some jobs."""
    state = State(str(tmp_path))
    copytree(empty_ledger, Path(state.ledger).parent)
    with closing(open_store(state.ledger)) as store:

        def make(*jobs, **more):
            config = Config(origin="jobs.toml", jobs={job.name: job for job in jobs}, **more)
            return Scene(config=config, state=state, store=store)

        yield make
