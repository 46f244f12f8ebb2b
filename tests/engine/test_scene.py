"""What a command works with, as it is opened."""

import os

import pytest

from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State
from jobrunner.errors import StoreForbiddenError


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: as another user, for want of root")
def test_a_state_folder_that_may_not_be_looked_into_is_not_taken_for_a_new_one(tmp_path):
    state = State(f"{tmp_path}/state")
    ledger(state).close()
    os.seteuid(61001)
    try:
        with pytest.raises(StoreForbiddenError, match=r"ledger\.db: uid 61001 cannot"):
            ledger(state)
    finally:
        os.seteuid(0)
