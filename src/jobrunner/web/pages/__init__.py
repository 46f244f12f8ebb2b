"""The pages that people look at: one module a page."""

from jobrunner.web.pages import static

ROUTERS = (static.router,)
