"""What channels are told: the letters on their way, and a test."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from msgspec import Struct
from starlette.responses import Response

from jobrunner.config.zone import host_zone
from jobrunner.engine.actions import probe
from jobrunner.engine.report.letters import Fate, Told, see_letters
from jobrunner.web.answer import done
from jobrunner.web.api.parameter import LONG
from jobrunner.web.asking import rung
from jobrunner.web.call import Operator, Viewer
from jobrunner.web.contract import answers
from jobrunner.web.deed import deed
from jobrunner.web.paging import FEW, Cursor, Limit, number_after, paged

router = APIRouter(prefix="/api/v1", tags=["alerts"])


class Entrusted(Struct, frozen=True, kw_only=True):
    """A test that the supervisor sends: at once if `awake`, else after the next tick."""

    channel: str
    awake: bool


@router.get("/alerts", responses=answers(Told, "The letters", many=True))
def list_alerts(
    call: Viewer,
    *,
    channel: Annotated[
        str | None, Query(max_length=LONG, description="Only to this channel.")
    ] = None,
    fate: Annotated[Fate | None, Query(description="Only what became this of it.")] = None,
    limit: Limit = FEW,
    cursor: Cursor = "",
) -> Response:
    """List what channels were told, or are still to be told, newest first."""
    scene = call.scene
    found = see_letters(
        scene.store,
        scene.config.jobs,
        call.now,
        host_zone().info,
        sees=call.sight,
        channel=channel,
        fate=fate,
        before=number_after(cursor),
        count=limit,
    )
    last = None if found.before is None else str(found.before)
    return paged(call.request, found.letters, last)


@router.post(
    "/notify/{channel}/test",
    status_code=202,
    responses=answers(Entrusted, "It is to be sent", status=202),
)
def test_channel(
    call: Operator,
    channel: Annotated[str, Path(max_length=LONG, description="The channel's name.")],
) -> Response:
    """Have a test sent to a channel, by the supervisor as its user; /alerts tells what came of it.

    Not for tokens of some jobs only: channels are everybody's.
    """
    call.require_every_job()
    known = probe.known(call.scene.config, channel)
    with deed(call, "notify.test", channel):
        probe.entrust(call.scene.store, known, call.now)
    awake = rung(call.scene.state)
    headers = {"Location": f"{call.base}/api/v1/alerts?channel={channel}"}
    return done(Entrusted(channel=channel, awake=awake), status=202, headers=headers)
