"""The pages that people look at: one module a page."""

from jobrunner.web.pages import (
    config,
    draft,
    job,
    order,
    overview,
    pause,
    reference,
    removal,
    run,
    sign_in,
    static,
    version,
)

ROUTERS = (
    config.router,
    draft.router,
    job.router,
    order.router,
    overview.router,
    pause.router,
    reference.router,
    removal.router,
    run.router,
    sign_in.router,
    static.router,
    version.router,
)
