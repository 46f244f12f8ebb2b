"""Who may call: tokens given out and taken back, the sessions of browsers, and what was done."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from msgspec import Struct
from starlette.responses import Response

from jobrunner.config import quantity
from jobrunner.config.finding import Refusal
from jobrunner.engine.access import keyring
from jobrunner.engine.access.session import of_mark
from jobrunner.model.access import MARK, Deed, Role, Session, Token
from jobrunner.web.answer import done
from jobrunner.web.call import Admin
from jobrunner.web.contract import answers, body_of, takes
from jobrunner.web.deed import deed, refusals
from jobrunner.web.once import keep_secret
from jobrunner.web.paging import FEW, Cursor, Limit, number_after, paged
from jobrunner.web.problem import invalid
from jobrunner.web.subject import LARGEST

router = APIRouter(prefix="/api/v1", tags=["access"])

EXAMPLE = {"name": "ci", "role": "operator", "jobs": ["deploy-*"], "expires": "90d"}


class TokenWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new token: without `jobs` it is good for every one, without `expires` until revoked."""

    name: str
    role: Role
    jobs: Sequence[str] = ()
    expires: str = ""


class TokenMade(Struct, frozen=True, kw_only=True):
    """A token and its secret, which is in this answer alone."""

    token: Token
    secret: str


class SessionRow(Struct, frozen=True, kw_only=True):
    """A browser that is signed in, and with which token."""

    id: str
    token: str
    role: Role
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    used_from: str


@router.get("/tokens", responses=answers(Token, "The tokens", many=True))
def list_tokens(
    call: Admin,
    every: Annotated[
        bool, Query(alias="all", description="Also those that are revoked or expired.")
    ] = False,
) -> Response:
    """List tokens, oldest first; nobody has their secrets."""
    call.require_every_job()
    found = call.scene.store.tokens()
    return paged(call.request, [each for each in found if every or each.is_good(call.now)])


@router.post(
    "/tokens",
    status_code=201,
    responses=answers(TokenMade, "It is made", status=201, problems=(409, 415)),
    openapi_extra=takes(TokenWanted, EXAMPLE),
)
def create_token(
    call: Admin, wanted: Annotated[TokenWanted, Depends(body_of(TokenWanted))]
) -> Response:
    """Make a token; its secret is shown once."""
    keep_secret(call.request)
    with refusals(call, "token.create", wanted.name):
        call.require_every_job()
        made, secret = keyring.give(
            call.scene.store,
            call.visitor,
            wanted.name,
            wanted.role,
            jobs=tuple(wanted.jobs),
            lasts=_length(wanted.expires),
            now=call.now,
        )
    headers = {"Location": f"{call.base}/api/v1/tokens/{made.id}"}
    return done(TokenMade(token=made, secret=secret), status=201, headers=headers)


@router.delete("/tokens/{token}", status_code=204, responses=answers(None, "Gone", status=204))
def revoke_token(
    call: Admin,
    token: Annotated[int, Path(ge=1, le=LARGEST, description="The token's number.")],
) -> Response:
    """Revoke a token, and end its sessions."""
    call.require_every_job()
    found = keyring.numbered(call.scene.store, token)
    if found.revoked_at is None:
        keyring.take_back(call.scene.store, call.visitor, [found.name], now=call.now)
    return Response(status_code=204)


@router.get("/sessions", responses=answers(SessionRow, "The sessions", many=True))
def list_sessions(call: Admin) -> Response:
    """List the browsers that are signed in."""
    call.require_every_job()
    found = call.scene.store.sessions()
    return paged(call.request, [_row(each) for each in found if call.now < each.expires_at])


@router.delete("/sessions/{session}", status_code=204, responses=answers(None, "Over", status=204))
def end_session(
    call: Admin,
    session: Annotated[str, Path(min_length=MARK, max_length=MARK, description="Its number.")],
) -> Response:
    """Sign a browser out."""
    call.require_every_job()
    found = of_mark(call.scene.store, session)
    with deed(call, "session.end", found.token.name):
        call.scene.store.end_session(found.hash)
    return Response(status_code=204)


@router.get("/audit", responses=answers(Deed, "What was changed", many=True))
def read_audit(call: Admin, limit: Limit = FEW, cursor: Cursor = "") -> Response:
    """Tell who changed what, from where, and what came of it, newest first."""
    call.require_every_job()
    found = call.scene.store.deeds(before=number_after(cursor), limit=limit + 1)
    more = str(found[limit - 1].id) if len(found) > limit else None
    return paged(call.request, found[:limit], more)


def _length(text: str) -> timedelta | None:
    if not text:
        return None
    try:
        return quantity.duration(text)
    except Refusal as refusal:
        raise invalid("/expires", refusal.told) from refusal


def _row(found: Session) -> SessionRow:
    return SessionRow(
        id=found.mark,
        token=found.token.name,
        role=found.token.role,
        created_at=found.created_at,
        expires_at=found.expires_at,
        used_at=found.used_at,
        used_from=found.used_from,
    )
