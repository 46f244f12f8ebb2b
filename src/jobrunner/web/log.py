"""What serving says of itself: each request where that is wanted, and what went wrong."""

import logging
from datetime import timedelta

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobrunner.clock import Clock
from jobrunner.config.spelling import shown
from jobrunner.engine.diary import Diary
from jobrunner.engine.record import About
from jobrunner.web.address import address_of
from jobrunner.web.site import Site

LEFT = "left"  # in the place of a status: there was no answer
LONGEST = 500  # characters of a path
TOLD = "is_told"  # an attribute of an exception


class AccessLog:
    """Notes every request, at the level debug; of its address only the path, which has no keys."""

    def __init__(self, app: ASGIApp, site: Site, diary: Diary, clock: Clock) -> None:
        self._app, self._site, self._diary, self._clock = app, site, diary, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status: object = LEFT

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = self._clock.elapsed()
        try:
            await self._app(scope, receive, noted)
        finally:
            self._note(scope, status, self._clock.elapsed() - began)

    def _note(self, scope: Scope, status: object, seconds: float) -> None:
        address = address_of(HTTPConnection(scope), self._site.serve.trusted_proxies)
        path = shown(scope["path"][:LONGEST])
        took = timedelta(seconds=seconds)
        text = f"{address} {scope['method']} {path} {status} in {seconds * 1000:.0f} ms"
        self._diary.debug(text, About(event="request", took=took))


class Relay(logging.Handler):
    """Hands on what is complained of by us and the libraries; an error that both tell of, once."""

    def __init__(self, diary: Diary) -> None:
        super().__init__(logging.WARNING)
        self._diary = diary
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            if hasattr(error, TOLD):
                return
            setattr(error, TOLD, True)
        text = self.format(record)
        if record.levelno >= logging.ERROR:
            self._diary.error(text, About(event="trouble"))
        elif record.name.startswith("uvicorn"):
            # A request that is none: whoever is on the network can send some.
            self._diary.debug(text, About(event="request"))
        else:
            self._diary.warning(text, About(event="trouble"))


def hand_on(diary: Diary) -> None:
    """Have everything that is logged said by the diary."""
    root = logging.getLogger()
    root.handlers = [Relay(diary)]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
