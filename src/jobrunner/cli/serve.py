"""`jobrunner serve`: the web page and the API."""

import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from socket import socket
from typing import Any, NoReturn, TypeVar

import click
from msgspec import Struct

from jobrunner.cli import output
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options, manner
from jobrunner.config.spelling import shown
from jobrunner.engine import plan
from jobrunner.engine.install.order import supervisor_of
from jobrunner.engine.plan import Plan
from jobrunner.engine.scene import scene_of, state_of
from jobrunner.engine.serving.door import Door, door_of
from jobrunner.engine.state import State
from jobrunner.errors import ForbiddenError, JobrunnerError, UnusableError
from jobrunner.jobfile.place import Asker, find_jobs, find_state
from jobrunner.jobfile.trust import user_name
from jobrunner.model.settings import Config

F = TypeVar("F", bound=Callable[..., Any])

EXTRA = ("fastapi", "jinja2", "python_multipart", "uvicorn")
PYTHON = (sys.executable, "-P", "-m")
ROOT = 0


class Given(Struct, frozen=True, kw_only=True):
    """What the command line says of where to listen."""

    host: str | None
    port: int | None
    tls_cert: str | None
    tls_key: str | None
    insecure: bool

    def __bool__(self) -> bool:
        return self.insecure or any((self.host, self.port, self.tls_cert, self.tls_key))


def door_options(function: F) -> F:
    """Add the options that say where to listen."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


_OPTIONS = (
    click.option("--host", metavar="ADDRESS", help="Address to listen on; else as [serve] says."),
    click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 is any."),
    click.option("--tls-cert", metavar="FILE", help="Certificate, with those that lead to it."),
    click.option("--tls-key", metavar="FILE", help="Its key."),
    click.option("--insecure", is_flag=True, help="Listen on the network also without TLS."),
)


@click.command()
@door_options
@click.option("--with-loop", is_flag=True, help="See to what is due, too: as loop --serve.")
@global_options
@click.pass_obj
def command(settings: Globals, /, *, with_loop: bool, **options: Any) -> int:
    """Serve the web page and the API.

    On this host alone, unless it is told otherwise.  It starts no jobs: what is asked for there is
    done by whoever ticks.  While there is no token it shows a link to sign in with once.  SIGTERM
    and Ctrl-C end it; SIGHUP has it read a renewed certificate.

    \b
    Examples:
      jobrunner serve
      jobrunner serve --port 9000
      jobrunner serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
      jobrunner serve --with-loop
    """
    serve(settings, Given(**options), with_loop=with_loop)


def serve(settings: Globals, given: Given, *, with_loop: bool) -> NoReturn:
    """Become what serves, with a socket that is open already; raises what is in the way."""
    require_extra()
    if settings.config == "-":
        raise UnusableError("serve reads jobs.toml again and again: it cannot come from a pipe.")
    if (given.tls_cert is None) != (given.tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together.")
    who = asker()
    standing, state = _found(settings.config, who)
    if not with_loop:
        _require_ledger(state, standing.config, who)
    door = door_of(
        standing.config.serve,
        host=given.host,
        port=given.port,
        tls_cert=given.tls_cert,
        tls_key=given.tls_key,
        is_insecure=given.insecure,
    )
    with door.open() as listener:
        listener.set_inheritable(True)
        words = [*PYTHON, "jobrunner.web", *_words(standing.config.origin, door, listener)]
        if with_loop:
            pair = _pair_words(standing, state, listener)
            words = [*PYTHON, "jobrunner", "pair", *pair, "--", *words]
        if who.uid == ROOT and standing.config.settings.log_format == "text":
            _warn_root(state)
        _become(words)


def require_extra() -> None:
    """Raise unless what serves the page is installed."""
    missing = [name for name in EXTRA if find_spec(name) is None]
    if missing:
        raise JobrunnerError(
            'the page needs packages that are not installed: pip install "jobrunner[web]"'
        )


def _found(option: str | None, who: Asker) -> tuple[Plan, State]:
    """The configuration in force, as the page will find it, and its state folder."""
    path = find_jobs(option, who).path
    standing = plan.look(path, State(find_state(path, who).path), who)
    if standing.problem:
        output.aside(
            f"Note: {shown(path)} cannot be used; the page shows the last good version of it."
        )
    return standing, state_of(standing.config, who)


def _require_ledger(state: State, config: Config, who: Asker) -> None:
    """Make the ledger if it is not there and will be ours; it is never brought up to date here."""
    if state.owner is None and supervisor_of(state, config.origin) not in {ROOT, who.uid}:
        raise ForbiddenError(
            f"{shown(state.folder)} is not there yet, and will be that of"
            f" {user_name(supervisor_of(state, config.origin))}.\n"
            "As that user, or after the first tick: jobrunner serve"
        )
    with scene_of(config, who):
        pass


def _warn_root(state: State) -> None:
    better = "sudo jobrunner install systemd --serve"
    if state.owner:
        better = f"sudo -u {user_name(state.owner)} jobrunner serve"
    output.aside(f"Note: the page runs as root, and need not. Better: {better}")


def _words(config: str, door: Door, listener: socket) -> Iterator[str]:
    yield from ("--config", config, "--socket", str(listener.fileno()))
    yield from ("--host", door.host, "--origin", door.origin(listener.getsockname()[1]))
    if door.is_encrypted:
        yield from ("--tls-cert", os.path.abspath(door.tls_cert))  # noqa: PTH100 - see `asker`
        yield from ("--tls-key", os.path.abspath(door.tls_key))  # noqa: PTH100
    if manner().quiet:
        yield from ("--quiet", "yes")


def _pair_words(standing: Plan, state: State, listener: socket) -> list[str]:
    config = standing.config
    options = {
        "--config": config.origin,
        "--state": state.folder,
        "--socket": str(listener.fileno()),
        "--form": config.settings.log_format,
    }
    return [word for pair in options.items() for word in pair]


def _become(words: list[str]) -> NoReturn:
    """Go on as another program, in the same process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(words[0], words)  # noqa: S606 - no shell is wanted
