"""Who calls: a token, a session, a name that a trusted proxy vouches for, or anybody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from starlette.requests import HTTPConnection

from jobrunner.engine.access import first, session, token
from jobrunner.engine.access.visitor import Visitor
from jobrunner.engine.scene import Scene
from jobrunner.model.access import Role, Token
from jobrunner.web.address import address_of, is_proxied, is_secure
from jobrunner.web.problem import RefusedError
from jobrunner.web.site import Site
from jobrunner.web.throttle import Throttle

How = Literal["token", "session", "proxy"]
BEARER = "bearer "
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="jobrunner"'}


def cookie_of(site: Site, *, secure: bool) -> str:
    """The name of the session's cookie: browsers do not tell ports of a host apart."""
    return f"{'__Host-' if secure else ''}jobrunner-{site.port}"


def visitor_of(
    request: HTTPConnection, site: Site, scene: Scene, throttle: Throttle, now: datetime
) -> Visitor | None:
    """Who calls; None for nobody.  A credential that is not good is refused, never ignored.

    1. `Authorization: Bearer`, 2. what a trusted proxy says, 3. the session's cookie, 4. anybody,
    where jobs.toml lets anybody look.
    """
    serve = scene.config.serve
    address = address_of(request, serve.trusted_proxies)
    header = request.headers.get("authorization", "")
    if header[: len(BEARER)].lower() == BEARER:
        secret = header[len(BEARER) :].strip()
        return _of_token(_checked(secret, scene, throttle, now, address), address, "token")
    if serve.user_header and is_proxied(request, serve.trusted_proxies):
        named = request.headers.getlist(serve.user_header)
        if any(named):
            return _of_proxy(named, scene, now, address)
    secure = is_secure(request, serve.trusted_proxies)
    secret = request.cookies.get(cookie_of(site, secure=secure), "")
    found = session.find(scene.store, secret, now=now, address=address) if secret else None
    if found:
        return _of_token(found.token, address, "session")
    if serve.anonymous == "viewer":
        return Visitor(name="anybody", role=Role.VIEWER, address=address, how="anonymous")
    return None


def _checked(secret: str, scene: Scene, throttle: Throttle, now: datetime, address: str) -> Token:
    found = token.find(scene.store, secret, now=now, address=address)
    if found is None:
        # Who has a good one is not kept waiting for others who guess behind the same proxy.
        throttle.admit(address)
        throttle.failed(address)
        raise RefusedError(
            "bad-token",
            "This token is unknown, expired or revoked. Make one: jobrunner token create",
            headers={"WWW-Authenticate": f'{CHALLENGE["WWW-Authenticate"]}, error="invalid_token"'},
        )
    return found


def _of_proxy(named: Sequence[str], scene: Scene, now: datetime, address: str) -> Visitor:
    """A proxy says who it is; the token of that name says what he may."""
    if len(named) > 1:
        raise RefusedError(
            "not-allowed",
            "Two names came in the header of user_header. The proxy has to replace what visitors"
            " send there, not to add to it.",
        )
    name = named[0]
    found = scene.store.token_named(name) if name.isprintable() else None
    if found is None or not found.is_good(now) or found.created_by == first.BY:
        raise RefusedError(
            "not-allowed",
            "There is no token of the name that you are signed in with. An admin makes one:"
            " jobrunner token create --role viewer --name NAME",
        )
    return _of_token(found, address, "proxy")


def _of_token(found: Token, address: str, how: How) -> Visitor:
    return Visitor(
        name=found.name,
        role=found.role,
        jobs=found.jobs,
        token=found.id,
        address=address,
        how=how,
    )
