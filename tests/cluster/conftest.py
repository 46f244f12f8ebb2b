"""A PostgreSQL for the hosts of a test, and hosts that share it."""

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
def stage(server, tmp_path):
    """Hosts with nothing to do; `stage(names)` makes them, at most once a test."""
    made = []
    with fresh_database(server.url) as url:

        def stage(*names, **options):
            made.append(Stage(tmp_path, url, names or NAMES, **options))
            return made[0]

        yield stage
        for each in made:
            each.close()
