"""The hosts that share the ledger: how each is, and a button that has it take nothing new."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter
from starlette.responses import Response

from jobrunner.engine.actions import drain
from jobrunner.engine.actions.drain import Drained
from jobrunner.engine.report.host import differing, see_hosts
from jobrunner.web.call import Admin, Call, Viewer
from jobrunner.web.deed import deed
from jobrunner.web.pages.form import Fields, attempt, follow
from jobrunner.web.pages.frame import show
from jobrunner.web.subject import HostName
from jobrunner.words import numbered

router = APIRouter(include_in_schema=False)
HOSTS = "/hosts"
SIGNS = {"alive": "success", "silent": "failed", "drained": "paused", "left": "stopped"}


@router.get(HOSTS)
def every(call: Viewer) -> Response:
    """List the hosts."""
    call.require_every_job()
    found = see_hosts(call.scene, call.now)
    return show(
        call,
        "hosts.html",
        title="Hosts",
        nav="hosts",
        found=found,
        signs=SIGNS,
        running=sum(host.running for host in found.hosts),
        waiting=sum(host.waiting for host in found.hosts),
        differing=differing(found),
    )


@router.post(HOSTS + "/{name}/drain")
def drain_host(call: Admin, name: HostName, fields: Fields) -> Response:
    """Have a host take nothing new."""
    by = call.visitor.name
    return _change(
        call, name, fields, "host.drain", lambda: drain.drain(call.scene.store, name, by)
    )


@router.post(HOSTS + "/{name}/undrain")
def undrain_host(call: Admin, name: HostName, fields: Fields) -> Response:
    """Let a host take runs again."""
    return _change(
        call, name, fields, "host.undrain", lambda: drain.undrain(call.scene.store, name)
    )


def _change(
    call: Call, name: str, fields: Mapping[str, str], action: str, change: Callable[[], Drained]
) -> Response:
    call.require_every_job()

    def changed() -> Response:
        with deed(call, action, name):
            found = change()
        return follow(call, fields, HOSTS, _told(found))

    return attempt(call, fields, HOSTS, changed)


def _told(found: Drained) -> str:
    if not found.drained:
        return f"{found.host} takes runs again."
    still = f" {numbered(len(found.running), 'run')} still go on there." if found.running else ""
    return f"{found.host} takes nothing new.{still}"
