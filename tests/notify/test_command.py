"""Commands as channels: they get the event, and nothing of theirs stays behind."""

import json
import os
import select
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.notify import command
from jobrunner.notify.command import Command, send, variables
from jobrunner.notify.message import NotifyError
from tests.notify.receiver import make_message

PATH = {"PATH": "/usr/bin:/bin"}


def run(tmp_path, script, **changes):
    way = Command(argv=("/bin/sh", "-c", script), folder=str(tmp_path), env=PATH)
    return send(way, make_message(**changes))


def failure(tmp_path, script):
    with pytest.raises(NotifyError) as failed:
        run(tmp_path, script)
    return str(failed.value)


def is_gone(pid):
    """Whether a process ends, now or in a moment."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([pidfd], [], [], 60)[0])
    finally:
        os.close(pidfd)


def test_the_event_comes_as_json_and_as_variables(tmp_path):
    run(tmp_path, 'cat > event; echo "$JOBRUNNER_EVENT $JOBRUNNER_JOB $JOBRUNNER_RUN_ID" > names')
    assert json.loads((tmp_path / "event").read_text())["data"]["job"] == "backup"
    assert (tmp_path / "names").read_text() == "failure backup 1284\n"


def test_a_command_need_not_read(tmp_path):
    assert run(tmp_path, "exit 0", text="x" * 1_000_000) == "exit 0"


def test_a_command_that_fails_is_told_with_its_last_words(tmp_path):
    told = failure(tmp_path, "echo first >&2; echo no such room >&2; exit 3")
    assert told == "/bin/sh failed, exit 3: no such room"


def test_a_command_that_is_not_there_is_told(tmp_path):
    way = Command(argv=("./missing",), folder=str(tmp_path), env=PATH)
    with pytest.raises(NotifyError, match=r"^\./missing cannot be run: No such file"):
        send(way, make_message())


def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "TIMEOUT", 0.3)
    told = failure(tmp_path, "sleep 600 & echo $! > child; wait")
    assert "took longer than" in told
    assert is_gone(int((tmp_path / "child").read_text()))


def test_signals_are_told(tmp_path):
    assert failure(tmp_path, f"kill -{signal.SIGKILL.value} $$") == "/bin/sh failed, signal 9"


@given(st.text(), st.dictionaries(st.sampled_from(["job", "reason"]), st.text()))
def test_any_text_becomes_variables_that_a_kernel_takes(title, data):
    for name, value in variables(make_message(title=title, data=data)).items():
        assert name.startswith("JOBRUNNER_")
        assert "\0" not in value
        assert len(value) <= command.MOST
