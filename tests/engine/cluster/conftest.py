"""A town of hosts over a ledger in PostgreSQL."""

import pytest

from tests.engine.cluster.town import a_town
from tests.store.server import empty, ledger_on


@pytest.fixture(scope="package")
def ledger(servers, services):
    """The URL of a ledger that the tests have one after the other."""
    with ledger_on(servers, services.postgres()) as url:
        yield url


@pytest.fixture
def town(tmp_path, ledger):
    empty(ledger)
    with a_town(tmp_path, ledger) as town:
        yield town
