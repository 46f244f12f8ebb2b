"""The API about itself."""

from fastapi import APIRouter
from starlette.responses import Response

from jobrunner.web.answer import reply
from jobrunner.web.call import Viewer
from jobrunner.web.contract import answers

router = APIRouter(prefix="/api", tags=["document"])


@router.get(
    "/openapi.json",
    operation_id="read_document",
    responses=answers(None, "The document, OpenAPI 3.1"),
)
def read(call: Viewer) -> Response:
    """Read what this API can do, for programs that write clients."""
    return reply(call.request, call.request.app.state.document.below(call.base))
