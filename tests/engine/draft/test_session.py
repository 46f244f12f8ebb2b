"""An editor on a private copy."""

import os
import signal
import stat
from pathlib import Path

import pytest

from jobrunner.engine.draft import session
from jobrunner.errors import BusyError, JobrunnerError, UnusableError


@pytest.fixture
def copy(tmp_path):
    path = tmp_path / "jobs.toml"
    path.write_text("old\n")
    return path


def script(tmp_path, body, name="editor"):
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"VISUAL": "code --wait", "EDITOR": "ed"}, ["code", "--wait"]),
        ({"VISUAL": " ", "EDITOR": "'my ed' -x"}, ["my ed", "-x"]),
    ],
)
def test_the_editor_is_what_the_user_says(environ, words):
    assert session.editor_of(environ) == words


def test_without_a_word_of_the_user_s_it_is_what_the_host_has(tmp_path, monkeypatch):
    program = script(tmp_path, "", name="vi")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert session.editor_of({}) == [program]


def test_a_host_without_any_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(JobrunnerError, match="there is no editor"):
        session.editor_of({})


def test_an_editor_that_is_no_command_is_told():
    with pytest.raises(JobrunnerError, match=r"\$EDITOR is not a command"):
        session.editor_of({"EDITOR": "vi 'x"})


def test_nobody_else_can_read_the_copy_and_it_goes_with_the_session():
    with session.private_copy("/etc/jobrunner/jobs.toml", "x = 1\r\n") as copy:
        assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
        assert (copy.name, copy.read_bytes()) == ("jobs.toml", b"x = 1\r\n")
    assert not copy.parent.exists()


def test_what_the_editor_wrote_is_what_is_got(tmp_path, copy):
    assert session.open_editor([script(tmp_path, 'echo new > "$1"')], copy, 1) == "new\n"


@pytest.mark.parametrize(
    ("name", "line", "arguments"),
    [("vi", 7, "+7 {}"), ("vi", 1, "{}"), ("code", 7, "{}")],
)
def test_an_editor_that_knows_how_opens_at_the_line(tmp_path, copy, name, line, arguments):
    program = script(tmp_path, f'echo "$@" > {tmp_path}/seen', name=name)
    session.open_editor([program], copy, line)
    assert (tmp_path / "seen").read_text() == arguments.format(copy) + "\n"


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        ("exit 3", JobrunnerError, "ended with exit code 3. Nothing was changed"),
        ("kill -9 $$", JobrunnerError, "ended with signal 9"),
        ('rm "$1"', JobrunnerError, "removed the file"),
        (r'printf "\377" > "$1"', UnusableError, "byte 0 is no UTF-8"),
    ],
)
def test_an_editor_that_fails_is_told(tmp_path, copy, body, kind, told):
    with pytest.raises(kind, match=told):
        session.open_editor([script(tmp_path, body)], copy, 1)


def test_an_editor_that_is_not_there_is_told(copy):
    with pytest.raises(JobrunnerError, match="jr-ed cannot be started: No such file"):
        session.open_editor(["jr-ed"], copy, 1)


def test_an_interrupt_is_the_editor_s_and_not_ours(tmp_path, copy):
    body = f'kill -INT {os.getpid()}; echo new > "$1"'
    assert session.open_editor([script(tmp_path, body)], copy, 1) == "new\n"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_file_that_somebody_else_changed_is_not_replaced():
    change = session.instead_of("old", "new")
    assert change("old") == "new"
    with pytest.raises(BusyError, match="changed by somebody else"):
        change("other")


def test_a_text_is_kept_beside_the_file_and_never_over_another(tmp_path):
    file = f"{tmp_path}/jobs.toml"
    kept = [session.keep(file, text) for text in ("one", "two")]
    assert kept == [f"{file}.rejected", f"{file}.rejected.2"]
    assert [Path(path).read_text() for path in kept] == ["one", "two"]
    assert stat.S_IMODE(Path(kept[0]).stat().st_mode) == 0o600


def test_a_text_that_has_no_room_there_is_kept_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    kept = session.keep("/proc/jobs.toml", "one")
    assert kept.startswith(f"{tmp_path}/jobs.toml.rejected.")
    assert Path(kept).read_text() == "one"
