"""A scene with an empty ledger and the jobs that a test declares."""

from contextlib import closing

import pytest

from jobrunner.engine.scene import Scene
from jobrunner.engine.state import State
from jobrunner.model.settings import Config
from jobrunner.store import migrate_store, open_store


@pytest.fixture
def scene_of(tmp_path):
    """Makes the scene of some jobs."""
    state = State(str(tmp_path))
    migrate_store(state.ledger)
    with closing(open_store(state.ledger)) as store:

        def make(*jobs, **more):
            config = Config(origin="jobs.toml", jobs={job.name: job for job in jobs}, **more)
            return Scene(config=config, state=state, store=store)

        yield make
