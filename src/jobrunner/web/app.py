"""The application: its routes, what each request passes first, and what errors become."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from jobrunner import __version__
from jobrunner.errors import JobrunnerError
from jobrunner.web import api, compat, pages, problem
from jobrunner.web.allow import allowed
from jobrunner.web.contract import MOST_BYTES
from jobrunner.web.document import Document
from jobrunner.web.head import Head
from jobrunner.web.once import Once
from jobrunner.web.pages import trouble
from jobrunner.web.problem import RefusedError
from jobrunner.web.pulse import Pulse
from jobrunner.web.site import Site, base_of
from jobrunner.web.threshold import Threshold
from jobrunner.web.throttle import Throttle

SMALL = 500  # bytes that are not worth packing
LEVEL = 6
OURS = (RefusedError, JobrunnerError)
ROUTERS = (*api.ROUTERS, *compat.ROUTERS, *pages.ROUTERS)
LOG = logging.getLogger("jobrunner.web")


def build(site: Site) -> FastAPI:
    """The application that serves one site."""
    app = FastAPI(
        title="jobrunner",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        max_body_size=MOST_BYTES,
        redirect_slashes=False,
        middleware=[
            Middleware(Threshold, serve=site.serve),
            Middleware(Head),
            Middleware(GZipMiddleware, minimum_size=SMALL, compresslevel=LEVEL),
            Middleware(Once),
        ],
    )
    app.state.site = site
    app.state.throttle = Throttle(site.clock)
    app.state.pulse = Pulse(site, app.state.throttle)
    app.state.document = Document((*api.ROUTERS, *compat.ROUTERS))
    for router in ROUTERS:
        app.include_router(router)
    _handle(app)
    return app


def _handle(app: FastAPI) -> None:
    """Have every error end as a problem, or as a page for who looks at pages."""

    async def refused(request: Request, error: Exception) -> Response:
        # A page in its own frame is made of the ledger, which the loop must not wait for.
        return await run_in_threadpool(_told, request, _refusal(request, error))

    for kind in (*OURS, HTTPException, RequestValidationError, ClientDisconnect):
        app.add_exception_handler(kind, refused)

    async def failed(request: Request, error: Exception) -> Response:
        LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return _told(request, RefusedError("internal", "What happened is in the log of serve."))

    app.add_exception_handler(Exception, failed)


def _refusal(request: Request, error: Exception) -> RefusedError:
    if isinstance(error, RefusedError):
        return error
    if isinstance(error, JobrunnerError):
        return problem.refusal_of(error)
    if isinstance(error, RequestValidationError):
        return problem.of_validation(error.errors())
    if isinstance(error, ClientDisconnect):  # which nobody reads
        return RefusedError("bad-request", "The body is not all there.")
    assert isinstance(error, HTTPException)
    kind = problem.OF_STATUS.get(error.status_code, "bad-request")
    if kind == "no-such-method":
        methods = allowed(request, ROUTERS)
        return RefusedError(kind, f"It takes {methods}.", headers={"Allow": methods})
    detail = "" if kind == "not-found" else str(error.detail)
    return RefusedError(kind, detail, headers=error.headers or {})


def _told(request: Request, refused: RefusedError) -> Response:
    if trouble.is_page(request):
        return trouble.page(request, refused)
    return problem.response(refused, base=base_of(request), instance=request.url.path)
