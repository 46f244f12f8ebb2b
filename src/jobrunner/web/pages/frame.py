"""How a page is answered: its frame, its matter, and what was just said to its visitor."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal
from urllib.parse import quote, unquote

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from jobrunner.config.zone import host_zone
from jobrunner.engine.fleet import shared
from jobrunner.engine.report.health import LATE
from jobrunner.engine.scene import host_of
from jobrunner.engine.ticks import last_tick
from jobrunner.model.access import Role
from jobrunner.model.value import Zone
from jobrunner.web.answer import fresh
from jobrunner.web.call import Call
from jobrunner.web.editing import may_edit
from jobrunner.web.page import Frame
from jobrunner.web.pages.outside import HTML
from jobrunner.web.render import render
from jobrunner.web.site import base_of

DAY = timedelta(days=1)
SAID = "jobrunner-said"  # a cookie: what the next page tells, once
DOORS: Mapping[str, Literal["sign-in", "sign-out"]] = {
    "session": "sign-out",
    "anonymous": "sign-in",
}
NOT = "!"  # before what it tells that was not done
LONGEST = 1000
SHORTLY = 60  # seconds


def show(
    call: Call,
    template: str,
    *,
    title: str,
    nav: str = "",
    refresh: bool = True,
    status: int = 200,
    zone: Zone | None = None,
    **values: object,
) -> Response:
    """The page that a template makes of the values; what is unchanged is only told so.

    Times are told in `zone`, a job's, or in the host's.
    """
    said = unquote(call.request.cookies.get(SAID, ""))[:LONGEST]
    page = frame(call, title=title, nav=nav, refresh=refresh, said=said, zone=zone)
    body = render(template, page=page, **values).encode()
    answer = fresh(call.request, body, HTML, status=status)
    if said:
        answer.delete_cookie(SAID, path=f"{call.base}/", samesite="strict", httponly=True)
    return answer


def frame(
    call: Call,
    *,
    title: str,
    nav: str,
    refresh: bool,
    said: str = "",
    zone: Zone | None = None,
) -> Frame:
    """Where the visitor is, and how it stands."""
    config, store = call.scene.config, call.scene.store
    zone = zone or host_zone()
    health = store.health()
    ticked_at = last_tick(store, call.now, DAY)[0]
    trouble = [
        name
        for name, one in health.items()
        if one.failures and name in config.jobs and config.jobs[name].enabled and call.sees(name)
    ]
    return Frame(
        title=title,
        now=call.now.astimezone(zone.info),
        zone=zone.name,
        host=config.serve.title or host_of(config.settings),
        base_path=call.base,
        nav=nav,
        visitor=call.visitor,
        door=DOORS.get(call.visitor.how, ""),
        may=lambda role: call.visitor.may(Role(role)),
        ticked_at=ticked_at,
        is_late=ticked_at is None or call.now - ticked_at > LATE,
        trouble=len(trouble),
        editing=may_edit(call),
        notice=said.removeprefix(NOT),
        is_refusal=said.startswith(NOT),
        refresh=refresh,
        is_shared=shared(store) is not None,
    )


def onward(request: Request, path: str, said: str = "", *, is_refusal: bool = False) -> Response:
    """Send a browser on after a change, to a page that tells of it; `path` is one of ours.

    With `is_refusal` it tells why nothing was changed.
    """
    base = base_of(request)
    answer = RedirectResponse(f"{base}{path}", 303)
    if said:
        text = quote(f"{NOT * is_refusal}{said}"[:LONGEST])
        answer.set_cookie(SAID, text, SHORTLY, path=f"{base}/", httponly=True, samesite="strict")
    return answer
