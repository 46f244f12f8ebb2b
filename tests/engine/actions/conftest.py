"""Actions on a real ledger, whose supervisor is pretended."""

import pytest

from jobrunner.engine.actions import ask
from tests.engine.actions.foreman import Foreman


@pytest.fixture
def foreman(tmp_path, monkeypatch):
    monkeypatch.setattr(ask, "rouse", lambda *_: "awake")
    foreman = Foreman(tmp_path / "state")
    yield foreman
    foreman.store.close()
