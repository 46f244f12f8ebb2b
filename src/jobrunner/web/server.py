"""Serves a site from a socket that is open already, until it is asked to end."""

import asyncio
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable
from functools import partial
from threading import Timer
from types import FrameType

import uvicorn
from msgspec import Struct
from starlette.types import ASGIApp

from jobrunner.clock import Clock
from jobrunner.engine.diary import Diary
from jobrunner.engine.record import About
from jobrunner.engine.serving.door import encryption, load_certificate
from jobrunner.engine.serving.notice import Notice
from jobrunner.errors import JobrunnerError
from jobrunner.process.descriptor import raise_limit
from jobrunner.web.app import build
from jobrunner.web.connection import KEEP, LARGEST_HEAD, MOST, Connection
from jobrunner.web.log import AccessLog, hand_on
from jobrunner.web.site import Site

GRACE = 2  # seconds for answers that are on their way; streams end then
LONGEST = 4.0  # seconds until serving is over, whatever still goes on


class Serving(Struct, frozen=True, kw_only=True):
    """What is served, where it is open, and with which certificate, if any."""

    site: Site
    listener: socket.socket
    tls_cert: str = ""
    tls_key: str = ""


def serve(serving: Serving, clock: Clock, diary: Diary, on_start: Callable[[], None]) -> None:
    """Answer until SIGTERM or SIGINT; SIGHUP has the certificate and the log's level read again."""
    raise_limit()
    hand_on(diary)
    is_encrypted = bool(serving.tls_cert)
    context = encryption(serving.tls_cert, serving.tls_key) if is_encrypted else None
    notice = Notice(os.environ)
    site = build(serving.site)
    app = AccessLog(site, serving.site, diary, clock)
    server = _Server(_config(app, context, notice), notice)
    server.on_start = on_start
    server.on_renewal = partial(_renew, serving, context, diary)
    server.on_end = site.state.pulse.end
    # The server raises once more what ended it, when it is over.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[serving.listener])


def _config(app: ASGIApp, context: ssl.SSLContext | None, notice: Notice) -> uvicorn.Config:
    async def well() -> None:
        notice.well()

    return uvicorn.Config(
        app,
        http=Connection,
        loop="asyncio",
        ws="none",
        lifespan="off",
        interface="asgi3",
        workers=1,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # whom to believe is decided where it is asked
        server_header=False,
        limit_concurrency=MOST,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        timeout_keep_alive=KEEP,
        timeout_graceful_shutdown=GRACE,
        timeout_notify=int(notice.pace or 0),
        callback_notify=well if notice.pace else None,
        ssl_context_factory=(lambda *_: context) if context else None,
    )


class _Server(uvicorn.Server):
    """Says when it begins and ends, and does not take for ever to end."""

    on_start: Callable[[], None]
    on_renewal: Callable[[], None]
    on_end: Callable[[], None]

    def __init__(self, config: uvicorn.Config, notice: Notice) -> None:
        super().__init__(config)
        self._notice = notice

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.on_renewal)
        self.on_start()
        self._notice.ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            last = Timer(LONGEST, _leave)
            last.daemon = True
            last.start()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._notice.ending()
        self.on_end()
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # streams are cut: of course
        await super().shutdown(sockets)


def _leave() -> None:
    """End although a thread still looks something up: nobody is there to hear of it."""
    sys.stderr.flush()
    os._exit(0)


def _renew(serving: Serving, context: ssl.SSLContext | None, diary: Diary) -> None:
    settings = serving.site.plan().config.settings
    diary.heed(settings.log_level, settings.log_format)
    if context is None:
        return
    try:
        load_certificate(context, serving.tls_cert, serving.tls_key)
    except JobrunnerError as error:
        diary.error(f"the certificate of before is still shown: {error}", About(event="trouble"))
