"""Keys to the page and the API: given out and taken back; and the browsers that are signed in."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from jobrunner.config import quantity
from jobrunner.config.finding import Refusal
from jobrunner.engine.access import keyring
from jobrunner.engine.access.session import of_mark
from jobrunner.engine.access.token import digest
from jobrunner.errors import BusyError, UnusableError
from jobrunner.model.access import Role, Token
from jobrunner.web.address import is_secure
from jobrunner.web.call import Admin, Call
from jobrunner.web.credential import cookie_of
from jobrunner.web.deed import deed, refusals
from jobrunner.web.once import keep_secret
from jobrunner.web.pages.form import Fields, attempt
from jobrunner.web.pages.frame import onward, show
from jobrunner.web.subject import LARGEST

router = APIRouter(include_in_schema=False)
TOKENS = "/tokens"
Number = Annotated[int, Path(ge=1, le=LARGEST)]
ROLES = (
    (Role.VIEWER, "viewer: sees everything but jobs.toml"),
    (Role.OPERATOR, "operator: runs, stops and pauses, too"),
    (Role.ADMIN, "admin: does everything"),
)


@router.get(TOKENS)
def every(call: Admin, *, every: bool = False) -> Response:
    """List the tokens and the sessions; with `every` those that open nothing any more, too."""
    call.require_every_job()
    return _page(call, every=every)


@router.post(TOKENS)
def create(call: Admin, fields: Fields) -> Response:
    """Make a token: its secret is in this answer alone."""
    keep_secret(call.request)
    name = fields.get("name", "").strip()
    try:
        with refusals(call, "token.create", name):
            call.require_every_job()
            made, secret = keyring.give(
                call.scene.store,
                call.visitor,
                name,
                _role(fields.get("role", "")),
                jobs=tuple(fields.get("jobs", "").replace(",", " ").split()),
                lasts=_lasts(fields.get("expires", "").strip()),
                now=call.now,
            )
    except (BusyError, UnusableError) as error:
        told = str(error).partition(". Choose")[0]
        return _page(call, error=f"{told[:1].upper()}{told[1:]}", values=fields, status=422)
    return _page(call, made=made, secret=secret)


@router.post(TOKENS + "/{number}/revoke")
def revoke(call: Admin, number: Number, fields: Fields) -> Response:
    """Have a token open nothing any more; who is signed in with it is signed out."""
    call.require_every_job()
    found = keyring.numbered(call.scene.store, number)

    def change() -> Response:
        if found.revoked_at is None:
            keyring.take_back(call.scene.store, call.visitor, [found.name], now=call.now)
        return onward(call.request, TOKENS, f"{found.name} is revoked.")

    return attempt(call, fields, TOKENS, change)


@router.post("/sessions/{session}/end")
def end(call: Admin, session: str) -> Response:
    """Sign a browser out."""
    call.require_every_job()
    found = of_mark(call.scene.store, session)
    with deed(call, "session.end", found.token.name):
        call.scene.store.end_session(found.hash)
    return onward(call.request, TOKENS, f"A session of {found.token.name} is over.")


def _page(
    call: Call,
    *,
    every: bool = False,
    made: Token | None = None,
    secret: str = "",
    error: str = "",
    values: Mapping[str, str] = {},
    status: int = 200,
) -> Response:
    store, now = call.scene.store, call.now
    tokens = [each for each in store.tokens() if every or each.is_good(now)]
    answer = show(
        call,
        "tokens.html",
        title="Tokens",
        nav="tokens",
        refresh=False,
        status=status,
        tokens=tokens[::-1],
        sessions=[each for each in store.sessions() if now < each.expires_at][::-1],
        every=every,
        made=made,
        secret=secret,
        error=error,
        values=dict.fromkeys(("name", "role", "jobs", "expires"), "") | dict(values),
        roles=ROLES,
        own=call.visitor.token,
        own_session=_own_session(call),
    )
    if secret:
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _own_session(call: Call) -> str:
    """The hash of the session that this browser has."""
    secure = is_secure(call.request, call.scene.config.serve.trusted_proxies)
    secret = call.request.cookies.get(cookie_of(call.site, secure=secure), "")
    return digest(secret) if secret else ""


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        raise UnusableError("choose what the token may do") from error


def _lasts(text: str) -> timedelta | None:
    try:
        return quantity.duration(text) if text else None
    except Refusal as refusal:
        raise UnusableError(refusal.told) from refusal
