"""A site to call, where a test asks for one."""

import pytest

from tests.web.house import House


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)
