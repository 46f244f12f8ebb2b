"""What channels were told, what is still to be told, and how it stands with each channel."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from jobrunner.config.zone import host_zone
from jobrunner.engine.actions import probe
from jobrunner.engine.report.channels import ChannelEntry, see_channels
from jobrunner.engine.report.letters import FATES, Fate, Told, see_letters
from jobrunner.web.asking import rung
from jobrunner.web.call import Call, Operator, Viewer
from jobrunner.web.deed import deed
from jobrunner.web.pages.form import Fields, attempt, follow
from jobrunner.web.pages.frame import show
from jobrunner.web.pages.order import ASLEEP
from jobrunner.web.pages.typed import Before, Word
from jobrunner.web.problem import RefusedError

router = APIRouter(include_in_schema=False)
ALERTS = "/alerts"
PAGE = 50
# How a fate is shown, as a state that every page has.
SIGNS = {"sent": "success", "held": "paused", "waiting": "queued", "failed": "failed"}
STATUSES = {"ok": "success", "failing": "failed", "unused": "never"}


@router.get(ALERTS)
def read(
    call: Viewer,
    *,
    channel: Word = "",
    fate: Word = "",
    before: Before = None,
) -> Response:
    """Show the channels, and a page of the letters to them, newest first."""
    scene = call.scene
    found = see_letters(
        scene.store,
        scene.config.jobs,
        call.now,
        host_zone().info,
        sees=call.sight,
        channel=channel or None,
        fate=_fate(fate),
        before=before,
        count=PAGE,
    )
    names = [*scene.config.channels]
    return show(
        call,
        "alerts.html",
        title="Alerts",
        nav="alerts",
        letters=found.letters,
        shared=_shared(found.letters),
        rest=found.before,
        before=before,
        channel=channel,
        fate=fate,
        channels=_channels(call),
        names=[("", "any"), *((each, each) for each in dict.fromkeys([*names, channel]) if each)],
        fates=[("", "any"), *((each, each) for each in FATES)],
        may_test=not call.visitor.jobs,
        signs=SIGNS,
        statuses=STATUSES,
    )


@router.post(ALERTS + "/{channel}/test")
def test_channel(
    call: Operator, channel: Annotated[str, Path(max_length=200)], fields: Fields
) -> Response:
    """Have the supervisor send a test to a channel."""
    call.require_every_job()
    known = probe.known(call.scene.config, channel)

    def change() -> Response:
        with deed(call, "notify.test", channel):
            probe.entrust(call.scene.store, known, call.now)
        when = "now" if rung(call.scene.state) else ASLEEP
        return follow(call, fields, ALERTS, f"A test to {channel} is sent {when}.")

    return attempt(call, fields, ALERTS, change)


def _fate(asked: str) -> Fate | None:
    for each in FATES:
        if each == asked:
            return each
    if asked:
        raise RefusedError("invalid", f"No letter is {asked}; they are {', '.join(FATES)}.")
    return None


def _shared(letters: Sequence[Told]) -> Collection[int]:
    """The parcels that hold several of these letters."""
    counts = Counter(each.parcel for each in letters if each.parcel is not None)
    return {parcel for parcel, number in counts.items() if number > 1}


def _channels(call: Call) -> Sequence[ChannelEntry]:
    """How it stands with each channel; not for who sees some jobs only, for it is of all."""
    if call.visitor.jobs:
        return ()
    return see_channels(call.scene.config, call.scene.store.channel_figures())
