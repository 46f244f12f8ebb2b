"""The REST API: one module a resource."""

from jobrunner.web.api import job, status

ROUTERS = (status.router, job.router)
