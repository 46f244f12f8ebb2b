"""A house with a past, which tests only look at; and one with a supervisor."""

import pytest

from tests.build import FakeClock
from tests.engine.theatre import Theatre
from tests.web.house import House
from tests.web.seed import JOBS, seed


@pytest.fixture(scope="session")
def museum(tmp_path_factory):
    """Two weeks of a dozen jobs, some of them with hostile words."""
    made = House(tmp_path_factory.mktemp("museum"), JOBS, FakeClock())
    seed(made, days=14)
    return made


@pytest.fixture
def workshop(tmp_path):
    """Opens a house that a real supervisor may work in, if it is started."""
    theatres = []

    def opened(text):
        theatres.append(Theatre(tmp_path))
        return House(tmp_path, text), theatres[-1]

    yield opened
    for theatre in theatres:
        theatre.close()
