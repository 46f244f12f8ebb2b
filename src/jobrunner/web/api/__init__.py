"""The REST API: one module a resource."""

from jobrunner.web.api import (
    alert,
    config,
    document,
    draft,
    event,
    figure,
    health,
    host,
    job,
    log,
    order,
    pause,
    run,
    status,
    token,
)

ROUTERS = (
    status.router,
    job.router,
    run.router,
    figure.router,
    log.router,
    event.router,
    health.router,
    document.router,
    order.router,
    pause.router,
    config.router,
    draft.router,
    alert.router,
    token.router,
    host.router,
)
