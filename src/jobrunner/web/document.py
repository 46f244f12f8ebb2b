"""The API's document: OpenAPI 3.1, with the shapes of the engine's own values."""

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from jobrunner.engine.actions.pause import Freed, Held
from jobrunner.engine.ahead import Ahead, Coming
from jobrunner.engine.figures.gaps import Gaps
from jobrunner.engine.figures.load import Load
from jobrunner.engine.figures.stats import Figures
from jobrunner.engine.past.reason import Why
from jobrunner.engine.past.rows import RunInFull, RunRow
from jobrunner.engine.report.detail import Detail
from jobrunner.engine.report.health import Overall
from jobrunner.engine.report.overview import Entry
from jobrunner.engine.report.request import Asked
from jobrunner.web.api.order import Backfilled, BackfillWanted, RunWanted, StopWanted
from jobrunner.web.api.pause import PauseWanted
from jobrunner.web.api.status import Me
from jobrunner.web.contract import REF
from jobrunner.web.problem import Problem

# Every type that a route takes or answers with.
SHAPES: tuple[type[Any], ...] = (
    Ahead,
    Asked,
    Backfilled,
    BackfillWanted,
    Coming,
    Detail,
    Entry,
    Figures,
    Freed,
    Gaps,
    Held,
    Load,
    Me,
    Overall,
    PauseWanted,
    Problem,
    RunInFull,
    RunRow,
    RunWanted,
    StopWanted,
    Why,
)


def openapi(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema is None:
        told = get_openapi(
            title="jobrunner",
            version=app.version,
            openapi_version="3.1.0",
            summary="cron with a memory: its jobs, their runs, and what can be asked of them.",
            routes=app.routes,
        )
        _, shapes = msgspec.json.schema_components(SHAPES, ref_template=REF + "{name}")
        parts = told.setdefault("components", {})
        parts["schemas"] = {**parts.get("schemas", {}), **shapes}
        parts["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "jobrunner token create"}
        }
        told["security"] = [{"token": []}]
        app.openapi_schema = told
    return app.openapi_schema
