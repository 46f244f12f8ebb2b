"""A site in an empty folder, with a token of each role, and clients that use them."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import uvicorn
from starlette.testclient import TestClient

from jobrunner.clock import Clock, SystemClock
from jobrunner.engine.access import token
from jobrunner.jobfile.place import Asker
from jobrunner.model.access import Role
from jobrunner.web.app import build
from jobrunner.web.pulse import Pulse
from jobrunner.web.site import Site

JOBS = """
[jobs.hello]
cron = "*/15 * * * *"
description = "Says hello."
tags = ["greeting"]
command = "echo hello"

[jobs.report]
cron = "0 7 * * 1-5"
timezone = "America/New_York"
command = "report"
retries = 2

[jobs.by-hand]
command = "true"
"""
ORIGIN = "http://localhost:8787"
ROLES = tuple(Role)


class House:
    """One jobs.toml, its ledger, and what serves them in this process."""

    def __init__(self, folder: Path, text: str = JOBS, clock: Clock | None = None) -> None:
        self.folder, self.file = folder, folder / "jobs.toml"
        self.file.write_text(text)
        self.clock = clock or SystemClock()
        asker = Asker(environ={"HOME": str(folder)}, cwd=str(folder), uid=os.geteuid())
        self.site = Site(str(self.file), asker, self.clock)
        self.app = build(self.site)
        self.secrets: dict[str, str] = {}
        for role in ROLES:
            self.secrets[role] = self.token(role, role)

    def token(self, name: str, role: Role, **more) -> str:
        """The secret of a new token."""
        with self.scene() as scene:
            now = self.clock.now()
            return token.create(scene.store, name, role, by="ann", now=now, **more)[1]

    @contextmanager
    def scene(self):
        with self.site.open() as (scene, _):
            yield scene

    def client(self, role: str | None = None, *, secret: str = "", **more) -> TestClient:
        """Somebody with the token of a role, with a secret, or with nothing."""
        found = secret or (self.secrets[role] if role else "")
        headers = {"Authorization": f"Bearer {found}"} if found else {}
        return TestClient(
            self.app,
            base_url=ORIGIN,
            headers=headers | more,
            raise_server_exceptions=False,
            follow_redirects=False,
        )


@contextmanager
def served(app) -> Iterator[str]:
    """A real server of the application on a free port of the loopback; its origin."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        app.state.site.port = port
        # One that has ended its streams once admits no other.
        app.state.pulse = Pulse(app.state.site, app.state.throttle, app.state.pulse.pace)
        config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            app.state.pulse.end()
            server.should_exit = True
            thread.join()
