"""jobs.toml: whether it can be used, and who may write and read it."""

import os

import pytest

from jobrunner.engine import plan
from jobrunner.jobfile.place import Asker

BROKEN = '[jobs.backup]\ncron = "0 25 * * *"\ncommand = "true"\n'
SECRET = '[jobs.a]\ncommand = "true"\ntimeout = "1h"\nenv = { API_KEY = "hush" }\n'


def test_a_good_file_is_told_with_owner_and_mode(clinic):
    ((severity, message),) = clinic.found("configuration")
    assert (severity, message.partition(": ")[2][:15]) == ("ok", "1 job, valid, r")
    assert message.endswith(" 0640")


def test_a_broken_file_is_a_problem(clinic):
    clinic.write(BROKEN)
    found = clinic.worst("configuration")
    assert (found.severity, found.fix) == ("problem", "jobrunner validate")
    assert (
        "warning",
        "no version of it was ever good, or none that you may read: no job runs",
    ) in (clinic.found("configuration"))


def test_what_a_broken_file_said_before_is_told_to_go_on(clinic):
    clinic.tick()
    asker = Asker(environ=clinic.environ, cwd="/", uid=os.geteuid())
    plan.read(str(clinic.file), clinic.state, asker)
    clinic.write(BROKEN)
    message = clinic.found("configuration")[1][1]
    assert message == "what it said before goes on: 1 job of its last good version"


def test_a_file_that_others_may_write_is_a_problem(clinic):
    clinic.file.chmod(0o666)
    found = clinic.worst("configuration")
    assert found.severity == "problem"
    assert found.fix.startswith("chmod ")


def test_no_file_at_all_is_a_problem_with_the_first_step(clinic, tmp_path):
    clinic.file.unlink()
    assert clinic.worst("configuration").severity == "problem"
    (found,) = clinic.look(option=None, asker=Asker(environ={}, cwd=str(tmp_path), uid=1))
    assert (found.severity, found.fix) == ("problem", "jobrunner init")


def test_without_a_file_those_that_something_ticks_for_are_named(clinic, tmp_path):
    clinic.cron()
    _, found = clinic.look(option=None, asker=Asker(environ={}, cwd=str(tmp_path), uid=1))
    assert found.fix == f"jobrunner -c {clinic.file} doctor"


@pytest.mark.parametrize(("mode", "severity"), [(0o644, "warning"), (0o640, "ok")])
def test_a_secret_that_everybody_can_read_is_told(clinic, mode, severity):
    clinic.write(SECRET)
    clinic.file.chmod(mode)
    assert clinic.worst("configuration").severity == severity


def test_a_file_of_variables_that_everybody_can_read_is_told(clinic):
    path = clinic.file.with_name("a.env")
    path.write_text("X=1\n")
    path.chmod(0o644)
    clinic.write('[jobs.a]\ncommand = "true"\nenv_file = "a.env"\n')
    assert clinic.worst("configuration").fix == f"chmod o-r {path}"


def test_what_the_supervisors_user_would_refuse_is_a_problem(clinic):
    if os.geteuid():
        pytest.skip("NOT TESTED: another owner of a state folder, for want of root")
    clinic.tick()
    os.chown(clinic.state.folder, 0, 0)
    os.chown(clinic.file, 1234, 0)
    asker = Asker(environ=clinic.environ, cwd="/", uid=1234)
    assert "refuses it" in clinic.worst("configuration", asker=asker).message
