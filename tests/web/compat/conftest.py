"""A host that users of other schedulers call, with a real supervisor behind it."""

import pytest

from tests.web.compat.caller import Caller


@pytest.fixture
def caller(tmp_path):
    caller = Caller(tmp_path)
    yield caller
    caller.close()


@pytest.fixture
def awake(caller):
    caller.theatre.start()
    return caller
