"""The configuration in force: what the file says, or the last version that could be used."""

import os

import pytest

from jobrunner.engine.plan import read
from jobrunner.engine.state import State, prepare
from jobrunner.errors import UnusableError
from jobrunner.jobfile.place import Asker

GOOD, OTHER, BAD = (f'[jobs.{name}]\ncommand = "true"\n' for name in ("good", "other", "b ad"))


class Home:
    """A jobs.toml, and what a supervisor makes of it."""

    def __init__(self, folder):
        self.file = folder / "jobs.toml"
        self.state = State(str(folder / "state"))
        self.asker = Asker(environ={}, cwd="/", uid=os.geteuid())
        prepare(self.state)

    def read(self, text, before=None):
        if text is None:
            self.file.unlink()
        else:
            self.file.write_text(text)
        return read(str(self.file), self.state, self.asker, before)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_a_plan_is_what_the_file_says_for_as_long_as_it_is_the_same(home):
    plan = home.read(GOOD)
    assert ([*plan.config.jobs], plan.problem, plan.is_current()) == (["good"], "", True)
    home.file.write_text(OTHER)
    assert not plan.is_current()
    assert [*home.read(OTHER, plan).config.jobs] == ["other"]


@pytest.mark.parametrize(("text", "told"), [(BAD, "b ad"), (None, "cannot be read")])
def test_a_file_that_is_broken_or_gone_changes_nothing_and_is_told(home, text, told):
    before = home.read(GOOD)
    plan = home.read(text, before)
    assert plan.config is before.config
    assert told in plan.problem
    assert plan.is_current()


def test_a_broken_file_is_read_again_once_it_is_mended(home):
    broken = home.read(BAD, home.read(GOOD))
    home.file.write_text(OTHER)
    assert not broken.is_current()
    mended = home.read(OTHER, broken)
    assert ([*mended.config.jobs], mended.problem) == (["other"], "")


def test_a_supervisor_that_begins_with_a_broken_file_goes_by_the_last_good_one(home):
    home.read(GOOD)
    plan = home.read(BAD)
    assert [*plan.config.jobs] == ["good"]
    assert "b ad" in plan.problem


def test_without_any_good_version_a_broken_file_is_an_error(home):
    with pytest.raises(UnusableError):
        home.read(BAD)
