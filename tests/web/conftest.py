"""A site to call, where a test asks for one."""

import os

import pytest

from tests.web.house import House


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


@pytest.fixture
def mkfifo():
    """Make a pipe with a name, at which a job waits for somebody to write."""

    def mkfifo(path):
        os.mkfifo(path)
        return path

    return mkfifo
