"""Without the extra a ledger in PostgreSQL is refused with what to install."""

import sys

import pytest

from jobrunner.errors import StoreError
from jobrunner.store import inspect_server, migrate_store, move_store, open_store
from jobrunner.store.postgres import driver
from tests.build import FakeClock

URL = "postgresql://jobs@db.invalid/jobs"


@pytest.mark.parametrize(
    "use",
    [
        open_store,
        migrate_store,
        lambda url: inspect_server(url, FakeClock()),
        lambda url: move_store(url, "/nowhere/ledger.db", lambda *_: None),
    ],
)
def test_who_has_no_driver_is_told_what_to_install(use, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"not installed\.\npip install 'jobrunner\[cluster\]'"):
        use(URL)


def test_who_has_no_queue_is_told_the_same(monkeypatch):
    monkeypatch.setattr(driver, "find_spec", lambda _: None)
    with pytest.raises(StoreError, match=r"jobrunner\[cluster\]"):
        open_store(URL)
