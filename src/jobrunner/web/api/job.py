"""The jobs and how they are."""

from fastapi import APIRouter
from starlette.responses import Response

from jobrunner.engine.actions.ask import known
from jobrunner.engine.report.detail import Detail
from jobrunner.engine.report.look import see_job
from jobrunner.web.answer import reply
from jobrunner.web.call import Viewer
from jobrunner.web.contract import answers

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])


@router.get("/{name}", responses=answers(Detail, "One job in full"))
def read(call: Viewer, name: str) -> Response:
    """Show one job: its effective configuration with sources, and what came of it."""
    job = known(call.scene, call.require(name))
    return reply(call.request, see_job(call.scene, job, call.site.asker, call.now))
