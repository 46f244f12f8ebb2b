"""A request as its reader sees it."""

import pytest

from jobrunner.engine.report.request import see_request
from jobrunner.store.value import Request
from tests.build import NOON


def seen(**changes):
    values = {"id": 7, "kind": "run", "job": "backup", "asked_by": "ann", "asked_at": NOON}
    return see_request(Request(**(values | changes)))


@pytest.mark.parametrize(
    ("changes", "state", "run"),
    [
        ({}, "waiting", None),
        ({"done": True, "answer": "12"}, "done", 12),
        ({"done": False, "answer": "not today"}, "refused", None),
        ({"kind": "stop", "run": 5}, "waiting", 5),
        ({"kind": "stop", "run": 5, "done": True, "answer": "#5 is asked to stop"}, "done", 5),
        ({"kind": "retry", "run": 5, "done": True, "answer": "13"}, "done", 13),
    ],
)
def test_it_tells_where_it_stands_and_which_run_it_is_about(changes, state, run):
    found = seen(**changes)
    assert (found.request, found.state, found.run) == (7, state, run)
