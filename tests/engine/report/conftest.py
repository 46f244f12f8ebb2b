"""A ledger in a file, open and closed."""

from contextlib import closing

import pytest

from jobrunner.store import migrate_store, open_store


@pytest.fixture
def store(tmp_path):
    migrate_store(tmp_path / "db" / "ledger.db")
    with closing(open_store(tmp_path / "db" / "ledger.db")) as store:
        yield store
