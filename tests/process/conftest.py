"""What the tests of processes ask for."""

from contextlib import closing

import pytest

from tests.process.stage import Stage


@pytest.fixture
def stage(tmp_path):
    with closing(Stage(tmp_path)) as stage:
        yield stage
