"""What can be done to a path, for who tried something else."""

from collections.abc import Iterable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.routing import Match, Route


def allowed(request: Request, routers: Iterable[APIRouter]) -> str:
    """The methods of every route at the path, as the header Allow has them."""
    found: set[str] = set()
    for router in routers:
        for route in router.routes:
            if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
                found |= route.methods or set()
    return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))
