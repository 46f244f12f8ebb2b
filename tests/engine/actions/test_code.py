"""With which code a command ends that ran a job."""

import pytest

from jobrunner.engine.actions.code import exit_code
from jobrunner.model.run import State
from tests.build import make_run

GONE = "nosuch: No such file or directory"


@pytest.mark.parametrize(
    ("run", "code"),
    [
        ({"state": State.SUCCESS, "exit_code": 0}, 0),
        ({"state": State.SUCCESS, "exit_code": 3}, 3),
        ({"state": State.FAILED, "exit_code": 7}, 7),
        ({"state": State.FAILED, "exit_code": 0, "reason": "output expected"}, 1),
        ({"state": State.FAILED, "reason": GONE}, 127),
        ({"state": State.FAILED, "reason": "run.sh: Permission denied"}, 126),
        ({"state": State.FAILED, "signal": 9}, 137),
        ({"state": State.TIMEOUT, "exit_code": 143}, 124),
        ({"state": State.STOPPED, "exit_code": 143}, 143),
        ({"state": State.STOPPED, "exit_code": 0}, 130),
        ({"state": State.STOPPED}, 130),
        ({"state": State.LOST}, 125),
        ({"state": State.SKIPPED, "reason": "paused"}, 6),
    ],
)
def test_the_jobs_own_code_is_handed_on_and_the_rest_is_as_with_timeout(run, code):
    assert exit_code(make_run(**run)) == code
