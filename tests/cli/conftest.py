"""Commands are called in process, in an empty folder, at noon."""

import os
import sys

import pytest

from jobrunner.cli.main import run
from tests.build import FakeClock

JOBS = """
[jobs.hello]
cron = "*/15 * * * *"
command = "echo hello"

[jobs.report]
cron = "0 7 * * 1-5"
timezone = "America/New_York"
command = "report"

[jobs.by-hand]
command = "true"
"""


@pytest.fixture
def terminal(monkeypatch):
    """Answer what is asked."""
    opened = []

    def terminal(answers):
        mine, theirs = os.openpty()
        os.write(mine, answers.encode())
        opened.append(os.fdopen(mine, "rb", buffering=0))
        opened.append(os.fdopen(theirs))
        monkeypatch.setattr(sys, "stdin", opened[-1])

    yield terminal
    for end in opened:
        end.close()


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Call a command: its exit code, its answer, its complaints."""
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR", "FORCE_TTY", "JOBRUNNER_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "jobs.toml").write_text(JOBS)

    def call(*arguments, **environ):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        code = run(["-c", "jobs.toml", *arguments], clock=FakeClock())
        return code, *capsys.readouterr()

    return call
