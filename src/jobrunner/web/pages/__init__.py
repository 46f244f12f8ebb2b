"""The pages that people look at: one module a page."""

from jobrunner.web.pages import sign_in, static

ROUTERS = (sign_in.router, static.router)
