"""Signing in with a token, or with the link that `serve` shows once; and signing out."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from msgspec import Struct
from starlette.responses import Response

from jobrunner.engine.access import audit, session, token
from jobrunner.engine.scene import Scene
from jobrunner.model.access import Session
from jobrunner.web.address import address_of, is_secure
from jobrunner.web.credential import cookie_of
from jobrunner.web.pages.frame import onward
from jobrunner.web.pages.outside import SIGN_IN, ours, present
from jobrunner.web.site import Site, site_of

router = APIRouter(include_in_schema=False)
TITLE = "Sign in"
BAD_TOKEN = "This token is unknown, expired or revoked."  # noqa: S105 - a sentence
BAD_CODE = (
    "This link was used already, or it is older than ten minutes. Sign in with a token, or start"
    " jobrunner serve again for another link."
)
# What browsers say of an address that was typed, pasted, or opened from outside of any page.
TYPED = frozenset({None, "none"})


class Door(Struct, frozen=True, kw_only=True):
    """Somebody at the door, who is not known yet."""

    request: Request
    site: Site
    scene: Scene
    address: str
    now: datetime

    @property
    def is_secure(self) -> bool:
        return is_secure(self.request, self.scene.config.serve.trusted_proxies)

    @property
    def cookie(self) -> str:
        return cookie_of(self.site, secure=self.is_secure)

    def note(self, who: str, action: str, detail: str, outcome: str = "done") -> None:
        audit.note(
            *(self.scene.store, who, action, "", detail, outcome),
            address=self.address,
            now=self.now,
        )


def _door(request: Request) -> Iterator[Door]:
    site = site_of(request)
    with site.open() as (scene, _problem):
        address = address_of(request, scene.config.serve.trusted_proxies)
        yield Door(request=request, site=site, scene=scene, address=address, now=site.clock.now())


AtDoor = Annotated[Door, Depends(_door)]


@router.get(SIGN_IN)
def ask(door: AtDoor, code: str = "", next: str = "/") -> Response:  # noqa: A002 - as links have it
    """Ask for a token; a link that was opened by hand lets its reader in at once."""
    if code and door.request.headers.get("sec-fetch-site") in TYPED:
        return _redeem(door, code)
    return _form(door, next=ours(next), code=code)


@router.post(SIGN_IN)
def sign_in(
    door: AtDoor,
    secret: Annotated[str, Form(alias="token")] = "",
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - as links have it
) -> Response:
    """Begin a session with a token, or with the code of a link."""
    if code and not secret:
        return _redeem(door, code)
    door.request.app.state.throttle.admit(door.address)
    store, now = door.scene.store, door.now
    found = token.find(store, secret.strip(), now=now, address=door.address)
    if found is None:
        return _refused(door, BAD_TOKEN, next=ours(next))
    lasts = door.scene.config.serve.session
    made = session.begin(store, found, now=now, lasts=lasts, address=door.address)
    door.note(found.name, "session.begin", "with a token")
    return _let_in(door, made, ours(next))


@router.post("/sign-out")
def sign_out(door: AtDoor) -> Response:
    """End the session of this browser."""
    secret = door.request.cookies.get(door.cookie, "")
    known = _session(door, secret)
    if known and session.end(door.scene.store, secret):
        door.note(known.token.name, "session.end", "signed out")
    answer = onward(door.request, SIGN_IN)
    answer.delete_cookie(
        door.cookie, path="/", secure=door.is_secure, httponly=True, samesite="strict"
    )
    return answer


def _redeem(door: Door, code: str) -> Response:
    """Let in whoever has the code of the first link, once."""
    door.request.app.state.throttle.admit(door.address)
    link, lasts = door.site.link, door.scene.config.serve.session
    made = link and link.redeem(
        code, door.scene.store, now=door.now, address=door.address, lasts=lasts
    )
    if not made:
        return _refused(door, BAD_CODE)
    known = _session(door, made)
    door.note(known.token.name if known else "sign-in link", "session.begin", "with a link")
    return _let_in(door, made, "/")


def _session(door: Door, secret: str) -> Session | None:
    return session.find(door.scene.store, secret, now=door.now, address=door.address)


def _let_in(door: Door, secret: str, path: str) -> Response:
    answer = onward(door.request, path)
    answer.set_cookie(
        door.cookie,
        secret,
        max_age=round(door.scene.config.serve.session.total_seconds()),
        path="/",
        secure=door.is_secure,
        httponly=True,
        samesite="strict",
    )
    # The address that was opened may hold a code: no page that follows is told of it.
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _refused(door: Door, told: str, *, next: str = "/") -> Response:  # noqa: A002 - as above
    door.request.app.state.throttle.failed(door.address)
    door.note("unknown", "session.begin", told, "refused")
    return _form(door, error=told, status=401, next=next)


def _form(
    door: Door,
    *,
    next: str,  # noqa: A002 - as above
    error: str = "",
    code: str = "",
    status: int = 200,
) -> Response:
    return present(
        door.request,
        "sign_in.html",
        title=TITLE,
        status=status,
        headers={"Referrer-Policy": "no-referrer"},
        next=next,
        error=error,
        code=code,
    )
