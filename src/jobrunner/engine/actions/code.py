"""The exit code with which a command that ran a job ends: the job's own, as timeout(1) does it."""

import errno
import os

from jobrunner.model.run import Run, State

FAILED = 1
TIMEOUT = 124
OURS = 125
NOT_EXECUTABLE = 126
NOT_FOUND = 127
SIGNALLED = 128
INTERRUPTED = 130
LEFT_OUT = 6
MISSING = os.strerror(errno.ENOENT)


def exit_code(run: Run) -> int:
    """What to end with after this run.

    1. A timeout is 124, a run that nobody could look after 125, one that was left out 6.
    2. Else the job's own code, or 128 and the number of the signal that ended it.
    3. What never began is 127 if something was missing, else 126.
    4. A run that did not succeed never ends with 0.
    """
    match run.state:
        case State.TIMEOUT:
            return TIMEOUT
        case State.LOST:
            return OURS
        case State.SKIPPED | State.MISSED:
            return LEFT_OUT
        case State.SUCCESS:
            return run.exit_code or 0
        case State.STOPPED:
            return _own(run) or INTERRUPTED
    return FAILED if run.exit_code == 0 else _own(run) or _unstarted(run)


def _own(run: Run) -> int | None:
    return SIGNALLED + run.signal if run.signal else run.exit_code


def _unstarted(run: Run) -> int:
    return NOT_FOUND if MISSING in f"{run.reason} {run.error}" else NOT_EXECUTABLE
