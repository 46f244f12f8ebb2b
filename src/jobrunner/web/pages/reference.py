"""The API told to people: what can be called, by whom, and what becomes of it."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from jobrunner.web.call import Viewer
from jobrunner.web.pages.frame import show
from jobrunner.web.pages.outside import present
from jobrunner.web.problem import KINDS
from jobrunner.web.reference import groups, kinds
from jobrunner.web.remedy import REMEDIES

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def read(call: Viewer) -> Response:
    """Show every route with what it takes, what it answers, and a line to try it."""
    document = call.request.app.state.document.below(call.base)
    return show(
        call,
        "reference.html",
        title="API",
        nav="api",
        refresh=False,
        groups=groups(document, call.origin + call.base),
        kinds=kinds(document),
    )


@router.get("/api/problems")
def problems(request: Request) -> Response:
    """Explain each problem: the type of every refusal leads here."""
    told = [
        (kind, status, title, REMEDIES.get(kind, "")) for kind, (status, title) in KINDS.items()
    ]
    return present(request, "problems.html", title="Problems", told=told)
