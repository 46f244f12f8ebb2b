"""What is shown in the place of a page that cannot be shown."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jobrunner.web.problem import RefusedError, problem

SIGN_IN = "/sign-in"


def is_page(request: Request) -> bool:
    """Whether somebody looks at it, and no program reads it."""
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return not path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def page(request: Request, refused: RefusedError) -> Response:
    """A page that says what is the matter; who is not signed in is asked to."""
    base = request.scope.get("root_path", "")
    if refused.kind == "not-signed-in" and request.method == "GET":
        return RedirectResponse(f"{base}{SIGN_IN}", 303)
    told = problem(refused)
    return Response(
        f"{told.title}. {told.detail}", told.status, dict(refused.headers), "text/plain"
    )
