"""A PostgreSQL for the hosts of a test, and hosts that share it."""

from contextlib import ExitStack

import pytest

from benchmarks.parts.database import MissingError, serving
from tests.cluster.stage import NAMES, Stage
from tests.services import fresh_database, missing

# It is not the machine that fails here.
UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def pytest_collection_modifyitems(items):
    """What takes long begins first, and the other workers do the rest meanwhile."""
    items.sort(key=lambda item: not item.get_closest_marker("long"))


@pytest.fixture(scope="session")
def server():
    """A server that no test stops."""
    try:
        with serving(settings=UNSAFE) as server:
            yield server
    except MissingError as error:
        raise missing("postgres", str(error), "pip install 'jobrunner[test]'") from error


@pytest.fixture
def database(server):
    """The URL of a database of the test's own."""
    with fresh_database(server.url) as url:
        yield url


@pytest.fixture
def stage(database, tmp_path):
    """Makes hosts with nothing to do, once a test; without names there are three."""
    with ExitStack() as ended:

        def stage(*names, ways=None):
            made = Stage(tmp_path, database, names or NAMES, ways=ways)
            ended.callback(made.close)
            return made

        yield stage
