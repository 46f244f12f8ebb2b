"""The pages that people look at: one module a page."""

from jobrunner.web.pages import job, order, overview, pause, run, sign_in, static

ROUTERS = (
    job.router,
    order.router,
    overview.router,
    pause.router,
    run.router,
    sign_in.router,
    static.router,
)
