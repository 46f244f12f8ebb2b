"""What a command works with, as it is opened."""

import os

import pytest

from jobrunner.engine.scene import host_of, ledger
from jobrunner.engine.state import State
from jobrunner.errors import StoreForbiddenError
from jobrunner.model.settings import Settings


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


def test_a_host_has_the_name_that_jobs_toml_gives_it():
    assert host_of(Settings(host="web-1")) == "web-1"


def test_without_one_it_is_called_what_it_calls_itself():
    assert host_of(Settings()) == os.uname().nodename
