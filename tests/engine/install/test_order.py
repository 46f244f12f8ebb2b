"""What is installed for a jobs.toml: whose ticks, with which state, under which name."""

import os

import pytest
from msgspec.structs import replace

from jobrunner.engine.install.order import order, order_back
from jobrunner.errors import ForbiddenError, JobrunnerError
from jobrunner.jobfile.place import Asker
from tests.engine.install.conftest import PROGRAM


def asker(folder, **environ):
    return Asker(environ={"HOME": "/root", **environ}, cwd=str(folder), uid=os.geteuid())


@pytest.fixture
def jobs(tmp_path):
    folder = tmp_path / "my app"
    folder.mkdir()
    path = folder / "jobs.toml"
    path.write_text("[jobs.a]\ncommand = 'true'\n")
    return path


def made(jobs, *, is_host=False, **environ):
    return order(str(jobs), asker(jobs.parent, **environ), PROGRAM, is_host=is_host)


def test_the_tick_names_the_file_and_the_program_in_full(jobs):
    assert made(jobs).tick == ("/opt/jobrunner/bin/jobrunner", "tick", "-c", str(jobs))


def test_a_second_jobs_toml_has_units_of_another_name(jobs):
    assert made(jobs).name == "jobrunner-my-app"


def test_the_state_is_named_only_where_a_bare_tick_would_look_elsewhere(jobs):
    assert made(jobs).environ == {}
    named = made(jobs, JOBRUNNER_STATE_DIR="/srv/state")
    assert named.environ == {"JOBRUNNER_STATE_DIR": "/srv/state"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_host_ticks_as_the_owner_of_the_state(jobs):
    (jobs.parent / ".jobrunner").mkdir()
    os.chown(jobs.parent / ".jobrunner", 65534, -1)
    assert made(jobs, is_host=True).user == "nobody"
    with pytest.raises(ForbiddenError, match="belongs to nobody, who alone may tick"):
        made(jobs)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_jobs_of_others_are_told_where_the_ticks_are_not_roots(jobs):
    jobs.write_text("[jobs.a]\ncommand = 'true'\nuser = 'daemon'\n")
    assert made(jobs).strangers == ()
    (jobs.parent / ".jobrunner").mkdir()
    os.chown(jobs.parent / ".jobrunner", 65534, -1)
    assert made(jobs, is_host=True).strangers == ("a",)


def test_a_broken_file_is_not_installed_for_but_can_be_undone(jobs):
    before = made(jobs)
    jobs.write_text("[jobs")
    with pytest.raises(JobrunnerError):
        made(jobs)
    back = order_back(str(jobs), asker(jobs.parent), PROGRAM, is_host=False)
    assert back.page is not None
    assert replace(back, page=None) == before
