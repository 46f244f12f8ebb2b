"""Whether all is well: what `jobrunner status` tells."""

from fastapi import APIRouter
from starlette.responses import Response

from jobrunner.engine.report.health import Overall
from jobrunner.engine.report.look import see_host, supervisor_of
from jobrunner.web.answer import reply
from jobrunner.web.call import Viewer
from jobrunner.web.contract import answers

router = APIRouter(prefix="/api/v1", tags=["status"])


@router.get("/status", responses=answers(Overall, "How this host is"))
def read(call: Viewer) -> Response:
    """Tell whether all is well: ticks, failing jobs, what runs and what comes next."""
    awake = supervisor_of(call.scene.state)
    found = see_host(call.scene, call.now, supervisor=awake, problem=call.problem)
    return reply(call.request, found)
