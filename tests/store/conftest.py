"""A ledger in a file, open and closed."""

from contextlib import closing
from shutil import copytree

import pytest

from jobrunner.store import migrate_store, open_store


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory):
    """Made once: a copy is as good, and costs no waiting for the disk."""
    folder = tmp_path_factory.mktemp("empty") / "db"
    migrate_store(folder / "ledger.db")
    return folder


@pytest.fixture
def location(tmp_path, empty_ledger):
    return copytree(empty_ledger, tmp_path / "db") / "ledger.db"


@pytest.fixture
def store(location):
    with closing(open_store(location)) as store:
        yield store
