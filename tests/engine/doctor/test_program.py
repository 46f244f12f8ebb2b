"""Whether jobs could start: every fault is made on disk."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from jobrunner.engine.doctor.program import may
from jobrunner.process.identity import Identity

NOBODY = Identity(uid=65534, gid=65534, groups=(65534,), name="nobody", home="/", shell="/bin/sh")


def job(keys):
    return f'[jobs.a]\ntimeout = "1h"\n{keys}\n'


@pytest.fixture
def faulty(clinic):
    def faulty(keys):
        clinic.write(job(keys))
        return clinic.worst("program")

    return faulty


@pytest.fixture
def script(clinic):
    def script(first, mode=0o755):
        path = clinic.file.with_name("script")
        path.write_text(f"{first}\necho\n", newline="")
        path.chmod(mode)
        return path

    return script


@pytest.fixture
def public():
    """A folder that everybody may enter, as are those above it."""
    with TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_jobs_that_could_start_are_counted(clinic):
    told = "1 job could start: user, folder, files and program are there"
    assert clinic.found("program") == [("ok", told)]


@pytest.mark.parametrize(
    ("keys", "severity", "told"),
    [
        ('command = ["no-such-program"]', "problem", "a: no-such-program: No such file"),
        ('command = "true"\nuser = "no-such-user"', "problem", "this host has no user"),
        ('command = "true"\nuser = "root"\ngroup = "no-such-group"', "problem", "no group"),
        (
            'command = "true"\ncwd = "/no/such/folder"',
            "problem",
            "a: the folder /no/such/folder is not",
        ),
        ('command = "true"\nshell = "/bin/no-shell"', "problem", "a: /bin/no-shell: No such"),
        ('command = "true"\nenv_file = "/no/such.env"', "problem", "/no/such.env cannot be read"),
        (
            'command = "no-such-program -v | cat"',
            "warning",
            "a: no-such-program is not on the PATH",
        ),
        ('command = "/no/such/program"', "warning", "a: /no/such/program is not there"),
        ('command = ["true"]\nenv = { PATH = "/nowhere" }', "problem", "a: true: No such file"),
    ],
)
def test_what_a_job_lacks_is_told(faulty, keys, severity, told):
    found = faulty(keys)
    assert (found.severity, found.job) == (severity, "a")
    assert told in found.message


@pytest.mark.parametrize("what", ['http = { url = "http://localhost:1/" }', 'python = "os:getcwd"'])
def test_jobs_of_other_kinds_lack_their_files_too(faulty, what):
    assert faulty(what).severity == "ok"
    assert "/no/such.env cannot be read" in faulty(f'{what}\nenv_file = "/no/such.env"').message


def test_what_is_wrong_in_a_file_of_variables_is_told(clinic, faulty):
    clinic.file.with_name("a.env").write_text("no equals sign\n")
    assert (
        "a.env, line 1: it is not NAME=VALUE"
        in faulty('command = "true"\nenv_file = "a.env"').message
    )


def test_where_the_shell_finds_a_program_is_told(clinic, faulty, tmp_path):
    program = tmp_path / "bin" / "certbot"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    clinic.environ["PATH"] = f"/usr/bin:{program.parent}"
    assert faulty('command = "certbot renew"').fix == f"your shell finds it: write {program}"
    assert faulty('command = ["certbot"]').fix == f"your shell finds it: write {program}"


def test_a_variable_that_only_the_shell_has_is_told(clinic, faulty):
    clinic.environ["APP_HOME"] = "/srv/app"
    found = faulty("command = 'ls \"$APP_HOME\"'")
    assert (found.severity, found.fix) == ("warning", "jobrunner env a --diff")
    assert "its line has $APP_HOME" in found.message
    assert faulty('command = \'ls "$APP_HOME"\'\nenv = { APP_HOME = "/" }').severity == "ok"


def test_a_script_that_nobody_may_execute_is_told(faulty, script):
    assert "Permission denied" in faulty(f'command = ["{script("#!/bin/sh", 0o644)}"]').message


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("#!/bin/sh\r", "ends with a carriage return"),
        ("#!/opt/no/python", "wants /opt/no/python, which is not there"),
    ],
)
def test_a_script_without_its_interpreter_is_told(faulty, script, first, told):
    found = faulty(f'command = ["{script(first)}"]')
    assert (found.severity, told in found.message) == ("problem", True)


def test_what_the_jobs_user_may_not_do_is_told(faulty, public):
    if os.geteuid():
        pytest.skip("NOT TESTED: jobs of other users, for want of root")
    path = public / "script"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o711)
    told = f'command = ["{path}"]\nuser = "nobody"\ncwd = "/"'
    assert faulty(told).message == f"a: nobody may not read the script {path}"
    path.chmod(0o700)
    assert faulty(told).message == f"a: nobody may not execute {path}"
    assert "nobody may not enter" in faulty(told.replace('"/"', '"/root"')).message


def test_a_disabled_job_may_lack_what_it_wants(clinic):
    clinic.write(job('command = ["no-such-program"]\nenabled = false'))
    assert clinic.found("program") == []


def test_only_root_can_supervise_jobs_of_others(clinic, faulty):
    if os.geteuid():
        pytest.skip("NOT TESTED: another owner of a state folder, for want of root")
    clinic.tick()
    os.chown(clinic.state.folder, 65534, 65534)
    found = faulty('command = "true"\nuser = "root"')
    assert "who is not root" in found.message


@pytest.mark.parametrize(
    ("mode", "want", "answer"),
    [
        (0o700, os.R_OK, False),
        (0o704, os.R_OK, True),
        (0o704, os.X_OK, False),
        (0o701, os.X_OK, True),
    ],
)
def test_modes_say_what_others_may(public, mode, want, answer):
    path = public / "file"
    path.touch()
    path.chmod(mode)
    assert may(NOBODY, str(path), want) is answer


def test_a_folder_on_the_way_may_keep_him_out(public):
    path = public / "file"
    path.touch(0o777)
    assert may(NOBODY, str(path), os.R_OK)
    public.chmod(0o700)
    assert not may(NOBODY, str(path), os.R_OK)
