"""A process apart: what it could not say in time is missing, and nothing else."""

import sys

from jobrunner.engine import apart
from jobrunner.engine.apart import Apart


def test_an_answer_that_was_cut_short_is_none(monkeypatch):
    program = """import os; os.write(1, b'{"output": true}\\n{"not_output": tr')"""
    monkeypatch.setattr(apart, "COMMAND", (sys.executable, "-I", "-S", "-c", program))
    assert Apart({}, None).finish() == {"output": True}
