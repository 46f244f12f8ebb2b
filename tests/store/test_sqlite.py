"""The contract, kept by a ledger in a file of SQLite."""

import itertools
from contextlib import closing, contextmanager
from shutil import copytree

import pytest

from jobrunner.store import open_store
from tests.store.contract import StoreContract


class TestSqlite(StoreContract):
    @pytest.fixture
    def open_store(self, location):
        return lambda: open_store(location)

    @pytest.fixture
    def new_store(self, tmp_path, empty_ledger):
        numbers = itertools.count()

        @contextmanager
        def new():
            folder = copytree(empty_ledger, tmp_path / f"{next(numbers)}")
            with closing(open_store(folder / "ledger.db")) as store:
                yield store

        return new
