"""Pages for who is not signed in: a frame without anything of the ledger."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from jobrunner.config.zone import host_zone
from jobrunner.web.page import Frame
from jobrunner.web.render import render
from jobrunner.web.site import base_of, site_of

HTML = "text/html; charset=utf-8"
SIGN_IN = "/sign-in"


def bare(request: Request, title: str) -> Frame:
    """The frame of a page that tells nothing of jobs."""
    site = site_of(request)
    zone = host_zone()
    return Frame(
        title=title,
        now=site.clock.now().astimezone(zone.info),
        zone=zone.name,
        host=site.serve.title,
        base_path=base_of(request),
        refresh=False,
    )


def present(
    request: Request,
    template: str,
    *,
    title: str,
    status: int = 200,
    headers: Mapping[str, str] = {},
    **values: object,
) -> Response:
    """The page that a template makes of the values; nobody keeps it."""
    body = render(template, page=bare(request, title), **values)
    return Response(body, status, dict(headers), HTML)


def way_in(request: Request) -> str:
    """Where to sign in, and then to come back to what was asked for."""
    path = request.url.path.removeprefix(base_of(request))
    there = f"{path}?{request.url.query}" if request.url.query else path
    return f"{base_of(request)}{SIGN_IN}" + (f"?{urlencode({'next': there})}" * (there != "/"))


def ours(path: str) -> str:
    """A path of this server, whatever somebody wrote into a link; else that of the overview.

    Two slashes, or a slash and a backslash, are to browsers the beginning of another host's name.
    """
    is_ours = path.startswith("/") and path[1:2] not in {"/", "\\"}
    return path if is_ours and path.isascii() and path.isprintable() and " " not in path else "/"
