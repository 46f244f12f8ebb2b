"""The routes that users of other schedulers call today, over the same use cases."""

from jobrunner.web.compat import control, echo, execution, job, setting, status

ROUTERS = (
    execution.router,
    job.router,
    status.router,
    control.router,
    setting.router,
    echo.router,
)
