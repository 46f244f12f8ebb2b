"""The hosts that share the ledger: how each is, and whether it takes anything new."""

from fastapi import APIRouter
from starlette.responses import Response

from jobrunner.engine.actions import drain
from jobrunner.engine.actions.drain import Drained
from jobrunner.engine.report.host import Roster, see_hosts
from jobrunner.web.answer import done, reply
from jobrunner.web.call import Admin, Viewer
from jobrunner.web.contract import answers
from jobrunner.web.deed import deed
from jobrunner.web.subject import HostName

router = APIRouter(prefix="/api/v1/hosts", tags=["hosts"])


@router.get("", operation_id="list_hosts", responses=answers(Roster, "The hosts, by name"))
def every(call: Viewer) -> Response:
    """List the hosts; of a ledger that is one host's alone, that one."""
    call.require_every_job()
    return reply(call.request, see_hosts(call.scene, call.now))


@router.post("/{name}/drain", responses=answers(Drained, "It takes nothing new", problems=(409,)))
def drain_host(call: Admin, name: HostName) -> Response:
    """Have a host take nothing new: what runs there goes on."""
    call.require_every_job()
    with deed(call, "host.drain", name):
        found = drain.drain(call.scene.store, name, call.visitor.name)
    return done(found)


@router.delete("/{name}/drain", responses=answers(Drained, "It takes runs again", problems=(409,)))
def undrain_host(call: Admin, name: HostName) -> Response:
    """Let a host take runs again."""
    call.require_every_job()
    with deed(call, "host.undrain", name):
        found = drain.undrain(call.scene.store, name)
    return done(found)
