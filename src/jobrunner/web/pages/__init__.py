"""The pages that people look at: one module a page."""

from jobrunner.web.pages import (
    config,
    job,
    order,
    overview,
    pause,
    reference,
    run,
    sign_in,
    static,
    version,
)

ROUTERS = (
    config.router,
    job.router,
    order.router,
    overview.router,
    pause.router,
    reference.router,
    run.router,
    sign_in.router,
    static.router,
    version.router,
)
