"""The contract, kept by a ledger in a file of SQLite."""

import itertools
from contextlib import contextmanager

import pytest

from jobrunner.store import migrate_store, open_store
from tests.store.contract import StoreContract


class TestSqlite(StoreContract):
    @pytest.fixture
    def open_store(self, location):
        return lambda: open_store(location)

    @pytest.fixture
    def new_store(self, tmp_path):
        numbers = itertools.count()

        @contextmanager
        def new():
            location = tmp_path / f"{next(numbers)}.db"
            migrate_store(location)
            store = open_store(location)
            yield store
            store.close()

        return new
