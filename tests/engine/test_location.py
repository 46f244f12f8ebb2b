"""Where the ledger is said to be: in jobs.toml, in a file, in a variable, or nowhere."""

import os

import pytest

from jobrunner.engine.glance import SHARED
from jobrunner.engine.location import location, name_of
from jobrunner.engine.state import State
from jobrunner.errors import ForbiddenError, UnusableError
from jobrunner.model.settings import Settings
from jobrunner.model.value import Secret

STATE = State("/srv/jobs/.jobrunner")
URL = "postgresql://ann:hunter2@db/jobs"


def test_it_is_in_the_state_folder_unless_something_is_said():
    assert location(Settings(), STATE, {}) == "/srv/jobs/.jobrunner/db/ledger.db"


def test_it_is_where_the_file_says():
    assert location(Settings(store=Secret(URL)), STATE, {}) == URL


def test_a_variable_may_hold_it():
    assert location(Settings(store_env="JOBRUNNER_STORE"), STATE, {"JOBRUNNER_STORE": URL}) == URL


def test_a_file_of_its_own_may_hold_it(tmp_path):
    file = tmp_path / "store"
    file.write_text(f"{URL}\n")
    assert location(Settings(store_file=str(file)), STATE, {}) == URL


def test_it_is_shown_to_nobody():
    assert "hunter2" not in repr([location(Settings(store=Secret(URL)), STATE, {})])


def test_a_variable_that_is_not_set_is_told_with_who_should():
    with pytest.raises(UnusableError, match=r"the variable NONE is not set \(store_env\)\nWho st"):
        location(Settings(store_env="NONE"), STATE, {"NONE": ""})


@pytest.mark.parametrize(("content", "told"), [("", "is empty"), (None, "cannot be read")])
def test_a_file_that_holds_nothing_is_told(tmp_path, content, told):
    file = tmp_path / "store"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UnusableError, match=f"where the ledger is cannot be known: .*{told}"):
        location(Settings(store_file=str(file)), STATE, {})


def test_a_file_that_others_may_write_says_nothing(tmp_path):
    file = tmp_path / "store"
    file.write_text(URL)
    file.chmod(0o666)
    with pytest.raises(ForbiddenError, match="is writable by everybody"):
        location(Settings(store_file=str(file)), STATE, {})


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: as another user, for want of root")
def test_a_file_that_this_user_may_not_read_is_told_with_what_would_let_him(tmp_path):
    file = tmp_path / "store"
    file.write_text(URL)
    file.chmod(0o600)
    os.seteuid(61001)
    try:
        with pytest.raises(ForbiddenError, match="cannot be read by"):
            location(Settings(store_file=str(file)), STATE, {})
    finally:
        os.seteuid(0)


def test_what_depends_on_the_folder_of_who_calls_is_refused():
    with pytest.raises(UnusableError, match="holds neither a URL nor a whole path"):
        location(Settings(store_env="JOBRUNNER_STORE"), STATE, {"JOBRUNNER_STORE": "ledger.db"})


def test_runs_are_called_alike_on_hosts_that_reach_the_ledger_in_different_ways(tmp_path):
    assert name_of(Settings(store=Secret(URL))) == name_of(Settings(store_env="JOBRUNNER_STORE"))
    assert not name_of(Settings())


def test_what_is_noted_of_a_shared_ledger_is_no_path():
    assert "/" not in SHARED
