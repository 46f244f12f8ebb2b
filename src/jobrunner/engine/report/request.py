"""What became of something that an operator asked for."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from jobrunner.store.value import Request

MAKES_A_RUN = frozenset({"run", "retry"})


class Asked(Struct, frozen=True, kw_only=True):
    """A request: what it is about, and whether it waits, is done or refused.

    `run` is the run that it made, or the one that it stops.  `answer` is what the supervisor said.
    """

    request: int
    kind: Literal["run", "stop", "retry", "pause", "resume"]
    job: str
    state: Literal["waiting", "done", "refused"]
    run: int | None
    answer: str
    asked_by: str
    asked_at: datetime
    answered_at: datetime | None


def see_request(request: Request) -> Asked:
    """The request as its reader sees it."""
    waits = request.done is None
    return Asked(
        request=request.id,
        kind=request.kind,
        job=request.job,
        state="waiting" if waits else "done" if request.done else "refused",
        run=_run(request),
        answer=request.answer,
        asked_by=request.asked_by,
        asked_at=request.asked_at,
        answered_at=request.answered_at,
    )


def _run(request: Request) -> int | None:
    if request.kind not in MAKES_A_RUN:
        return request.run
    return int(request.answer) if request.done else None
