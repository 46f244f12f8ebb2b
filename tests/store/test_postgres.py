"""The contract, kept by a ledger in PostgreSQL; what a server has that a file has not."""

from contextlib import ExitStack, closing, contextmanager

import pytest

from jobrunner.store import open_store
from tests.store.contract import StoreContract
from tests.store.server import empty, ledger_on


@pytest.fixture(scope="module")
def ledger(servers, services):
    """The URL of a ledger that the tests of this module have one after the other."""
    with ledger_on(servers, services.postgres()) as url:
        yield url


@pytest.fixture
def url(ledger):
    empty(ledger)
    return ledger


class TestPostgresql(StoreContract):
    @pytest.fixture
    def open_store(self, url):
        with ExitStack() as opened:
            yield lambda: opened.enter_context(closing(open_store(url)))

    @pytest.fixture
    def store(self, open_store):
        return open_store()

    @pytest.fixture
    def new_store(self, url):
        @contextmanager
        def new():
            empty(url)
            with closing(open_store(url)) as store:
                yield store

        return new
