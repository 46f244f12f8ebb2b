"""What an attempt of a `python` job executes: a function or class, in an interpreter of choice."""

import sys
from pathlib import Path

from msgspec import json

from jobrunner.kinds.command import folder
from jobrunner.kinds.environment import environment
from jobrunner.kinds.param import require
from jobrunner.kinds.place import at_home
from jobrunner.kinds.task import Setting, Task
from jobrunner.kinds.value import filled

PROGRAM = str(Path(__file__).parent / "program" / "call.py")


def prepare(setting: Setting) -> Task:
    """What to launch for this attempt; UnusableError with a sentence when it cannot be made."""
    require(setting)
    job = setting.job
    order = {"target": job.python, "args": filled(job.args, setting.facts)}
    interpreter = at_home(job.interpreter, setting) if job.interpreter else sys.executable
    # Not in the arguments, which everybody on the host can read.
    return Task(
        argv=(interpreter, "-u", PROGRAM),
        cwd=folder(setting),
        env=environment(setting),
        stdin=json.encode(order),
    )
