"""The REST API: one module a resource."""

from jobrunner.web.api import event, figure, job, log, order, pause, run, status

ROUTERS = (
    status.router,
    job.router,
    run.router,
    figure.router,
    log.router,
    event.router,
    order.router,
    pause.router,
)
