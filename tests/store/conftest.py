"""A ledger in a file, open and closed."""

from contextlib import closing

import pytest

from jobrunner.store import migrate_store, open_store


@pytest.fixture
def location(tmp_path):
    path = tmp_path / "db" / "ledger.db"
    migrate_store(path)
    return path


@pytest.fixture
def store(location):
    with closing(open_store(location)) as store:
        yield store
