"""The pages that people look at: one module a page."""

from jobrunner.web.pages import order, pause, run, sign_in, static

ROUTERS = (order.router, pause.router, run.router, sign_in.router, static.router)
