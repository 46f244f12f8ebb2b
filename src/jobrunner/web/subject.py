"""What a path names: a run or a request, of a job that its visitor may see."""

from typing import Annotated

from fastapi import Path

from jobrunner.model.run import Run
from jobrunner.store.value import Request
from jobrunner.web.call import Call
from jobrunner.web.problem import RefusedError

LARGEST = 2**63 - 1  # that the ledger counts to

LONGEST = 200

JobName = Annotated[
    str, Path(description="The job's name.", max_length=LONGEST, examples=["backup"])
]
HostName = Annotated[
    str, Path(description="The host's name.", max_length=LONGEST, examples=["web-1"])
]
RunNumber = Annotated[int, Path(description="The run's number.", ge=1, le=LARGEST, examples=[1284])]
RequestNumber = Annotated[
    int, Path(description="The request's number.", ge=1, le=LARGEST, examples=[41])
]


def run_of(call: Call, number: int) -> Run:
    """The run of this number; one of a hidden job is as if it were not there."""
    found = call.scene.store.run(number)
    if found is None or not call.sees(found.job):
        raise RefusedError("not-found", f"There is no run #{number} that this token may see.")
    return found


def request_of(call: Call, number: int) -> Request:
    """The request of this number, likewise."""
    found = call.scene.store.request(number)
    if found is None or not call.sees(found.job):
        raise RefusedError("not-found", f"There is no request {number} that this token may see.")
    return found
