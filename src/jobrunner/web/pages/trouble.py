"""What is shown in the place of a page that cannot be shown."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jobrunner.errors import JobrunnerError
from jobrunner.web.call import Call
from jobrunner.web.credential import visitor_of
from jobrunner.web.page import Frame
from jobrunner.web.pages.frame import frame
from jobrunner.web.pages.outside import HTML, bare, way_in
from jobrunner.web.problem import RefusedError, problem
from jobrunner.web.render import render
from jobrunner.web.site import base_of, site_of

STRANGER = frozenset({"not-signed-in", "bad-token"})
# Who asks the ledger who this is would wait for it once more, or fail at it again.
ALONE = STRANGER | {"too-many", "store", "store-busy", "internal"}


def is_page(request: Request) -> bool:
    """Whether somebody looks at it, and no program reads it."""
    path = request.url.path.removeprefix(base_of(request))
    return not path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def page(request: Request, refused: RefusedError) -> Response:
    """A page that says what is the matter; who is not signed in is asked to."""
    if refused.kind == "not-signed-in" and request.method in {"GET", "HEAD"}:
        return RedirectResponse(way_in(request), 303)
    told = problem(refused)
    sign_in = ""
    if refused.kind in STRANGER:
        sign_in = way_in(request).partition("?")[0]
    shown = _frame(request, refused.kind, told.title)
    body = render("trouble.html", page=shown, told=told, status=told.status, sign_in=sign_in)
    return Response(body, told.status, dict(refused.headers), HTML)


def _frame(request: Request, kind: str, title: str) -> Frame:
    """The visitor's own frame, where that can be had."""
    if kind not in ALONE:
        try:
            if found := _own(request, title):
                return found
        except (JobrunnerError, RefusedError):
            pass
    return bare(request, title)


def _own(request: Request, title: str) -> Frame | None:
    site = site_of(request)
    now = site.clock.now()
    with site.open() as (scene, told):
        visitor = visitor_of(request, site, scene, request.app.state.throttle, now)
        if visitor is None:
            return None
        call = Call(request=request, site=site, scene=scene, visitor=visitor, now=now, problem=told)
        return frame(call, title=title, nav="", refresh=False)
