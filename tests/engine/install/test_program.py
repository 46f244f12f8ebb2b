"""Which jobrunner is installed: one that is there tomorrow, and that the ticks' user can start."""

import os
import sys

import pytest

from jobrunner.engine.install.program import (
    Program,
    check_lasting,
    check_trusted,
    this_program,
)
from jobrunner.errors import ForbiddenError, JobrunnerError


def program(folder, *, link=None):
    script = f"{folder}/bin/jobrunner"
    return Program((link or script,), f"{folder}/bin/python3", str(folder))


@pytest.mark.parametrize(
    "folder",
    [
        "/tmp/venv",
        "/var/tmp/venv",
        "/run/user/1000/venv",
        "/home/ann/.cache/uv/archive-v0/x",
        "/home/ann/.local/pipx/.cache/y",
        "/cache/of/uv/archive-v0/x",
    ],
)
def test_one_that_may_vanish_is_refused(folder):
    with pytest.raises(JobrunnerError, match="which may vanish; install it with pipx or into /opt"):
        check_lasting(program(folder), {"UV_CACHE_DIR": "/cache/of/uv"})


@pytest.mark.parametrize("folder", ["/opt/jobrunner", "/home/ann/.local/pipx/venvs/jobrunner"])
def test_one_that_stays_is_taken(folder):
    check_lasting(program(folder), {})


def test_a_link_to_one_that_may_vanish_is_refused(tmp_path):
    link = tmp_path / "jobrunner"
    link.symlink_to("/tmp/venv/bin/jobrunner")
    found = program("/opt/jobrunner", link=f"/proc/self/root{link}")
    with pytest.raises(JobrunnerError, match="may vanish"):
        check_lasting(found, {})


def test_the_script_is_named_where_it_leads_here(monkeypatch):
    monkeypatch.setattr(sys, "argv", [f"{sys.prefix}/bin/jobrunner"])
    assert this_program("/").words == (f"{sys.prefix}/bin/jobrunner",)


def test_a_script_of_another_python_is_not_named(tmp_path, monkeypatch):
    script = tmp_path / "jobrunner"
    script.write_text("#!/somewhere/else/python3\n")
    monkeypatch.setattr(sys, "argv", [str(script)])
    monkeypatch.setattr(sys, "executable", "/usr/bin/env")
    assert this_program("/").words == ("/usr/bin/env", "-P", "-m", "jobrunner")


def test_one_that_others_may_replace_is_refused(tmp_path):
    script = tmp_path / "jobrunner"
    script.touch()
    script.chmod(0o777)
    with pytest.raises(ForbiddenError, match="is writable by everybody"):
        check_trusted(Program((str(script),), sys.executable, sys.prefix), os.geteuid())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_one_that_the_ticks_user_cannot_start_is_refused(tmp_path):
    script = tmp_path / "jobrunner"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o700)
    found = Program((str(script),), "/bin/sh", "/")
    check_trusted(found, 0)
    with pytest.raises(ForbiddenError, match="nobody, whose jobs these are, cannot start"):
        check_trusted(found, 65534)
