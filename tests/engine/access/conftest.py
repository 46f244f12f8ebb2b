"""A ledger that is open, and its file."""

from contextlib import closing

import pytest

from jobrunner.store import migrate_store, open_store


@pytest.fixture
def location(tmp_path):
    migrate_store(tmp_path / "ledger.db")
    return tmp_path / "ledger.db"


@pytest.fixture
def store(location):
    with closing(open_store(location)) as store:
        yield store
