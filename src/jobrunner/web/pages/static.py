"""The style, the script and the pictures of the pages."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from jobrunner.web.asset import ASSETS
from jobrunner.web.problem import RefusedError

router = APIRouter(prefix="/static", include_in_schema=False)
FOR_A_YEAR = "public, max-age=31536000, immutable"
FOR_NOW = "public, max-age=300"


@router.get("/{name}")
async def read(request: Request, name: str, v: str = "") -> Response:
    """A file by its name; with the digest of what it holds it may be kept for a year."""
    asset = ASSETS.get(name)
    if asset is None:
        raise RefusedError("not-found")
    keep = FOR_A_YEAR if v == asset.version else FOR_NOW
    headers = {"Cache-Control": keep, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            asset.packed,
            headers=headers | {"Content-Encoding": "gzip"},
            media_type=asset.media_type,
        )
    return Response(asset.body, headers=headers, media_type=asset.media_type)
