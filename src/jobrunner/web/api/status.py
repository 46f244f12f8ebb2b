"""Whether all is well, and who asks."""

from collections.abc import Sequence

from fastapi import APIRouter
from msgspec import Struct
from starlette.responses import Response

from jobrunner.engine.report.health import Overall
from jobrunner.engine.report.look import see_host, supervisor_of
from jobrunner.web.answer import reply
from jobrunner.web.call import Viewer
from jobrunner.web.contract import answers

router = APIRouter(prefix="/api/v1", tags=["status"])


class Me(Struct, frozen=True, kw_only=True):
    """Who asks: the token's name and role, what that permits, and on which jobs.

    `jobs` are patterns; without any it is good for every job.
    """

    name: str
    role: str
    permissions: Sequence[str]
    jobs: Sequence[str]
    how: str


@router.get("/status", responses=answers(Overall, "How this host is"))
def read(call: Viewer) -> Response:
    """Tell whether all is well: ticks, failing jobs, what runs and what comes next."""
    awake = supervisor_of(call.scene.state)
    found = see_host(call.scene, call.now, supervisor=awake, problem=call.problem, sees=call.sees)
    return reply(call.request, found)


@router.get("/me", operation_id="read_me", responses=answers(Me, "Who asks"))
def me(call: Viewer) -> Response:
    """Tell who asks, and what that one may do."""
    who = call.visitor
    told = Me(name=who.name, role=who.role, permissions=who.permissions, jobs=who.jobs, how=who.how)
    return reply(call.request, told)
