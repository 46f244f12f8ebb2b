"""A host with a past to look at, which no test changes."""

import pytest

from tests.build import FakeClock
from tests.web.house import House
from tests.web.seed import JOBS, seed


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("past"), JOBS, FakeClock())
    seed(house, days=3)
    return house


@pytest.fixture(scope="module")
def viewer(past):
    return past.client("viewer")
