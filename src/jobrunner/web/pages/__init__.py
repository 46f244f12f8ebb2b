"""The pages that people look at: one module a page."""

from jobrunner.web.pages import (
    audit,
    config,
    draft,
    job,
    order,
    overview,
    pause,
    reference,
    removal,
    run,
    runs,
    sign_in,
    static,
    token,
    version,
)

ROUTERS = (
    audit.router,
    config.router,
    draft.router,
    job.router,
    order.router,
    overview.router,
    pause.router,
    reference.router,
    removal.router,
    run.router,
    runs.router,
    sign_in.router,
    static.router,
    token.router,
    version.router,
)
