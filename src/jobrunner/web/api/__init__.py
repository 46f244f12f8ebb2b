"""The REST API: one module a resource."""

from jobrunner.web.api import figure, job, order, pause, run, status

ROUTERS = (status.router, job.router, run.router, figure.router, order.router, pause.router)
