"""`python -m jobrunner.web`: the process that `jobrunner serve` becomes.

The command has found jobs.toml and opened the socket; of what it knows this is told only what
serving takes.
"""

import os
import socket
import sys
from collections.abc import Mapping, Sequence

from jobrunner.clock import SystemClock
from jobrunner.engine.diary import Diary
from jobrunner.engine.journal import journal_of
from jobrunner.engine.record import About
from jobrunner.errors import JobrunnerError
from jobrunner.jobfile.place import Asker
from jobrunner.web.announcement import Manner, announce
from jobrunner.web.server import Serving, serve
from jobrunner.web.site import Site

LOGGER = "jobrunner.serve"


def main(argv: Sequence[str]) -> int:
    """Serve until it is asked to end; 1 if it cannot begin."""
    options = dict(zip(argv[::2], argv[1::2], strict=True))
    clock = SystemClock()
    diary = Diary(clock, logger=LOGGER, journal=journal_of(os.environ))
    try:
        _serve(options, clock, diary)
    except JobrunnerError as error:
        diary.error(str(error), About(event="end"))
        return 1
    return 0


def _serve(options: Mapping[str, str], clock: SystemClock, diary: Diary) -> None:
    listener = socket.socket(fileno=int(options["--socket"]))
    listener.set_inheritable(False)
    port = listener.getsockname()[1]
    asker = Asker(environ=dict(os.environ), cwd=os.getcwd(), uid=os.geteuid())  # noqa: PTH109
    site = Site(options["--config"], asker, clock, host=options["--host"], port=port)
    settings = site.plan().config.settings
    diary.heed(settings.log_level, settings.log_format)
    manner = Manner(settings.log_format == "json", "--quiet" in options)

    def begin() -> None:
        announce(site, options["--origin"], diary, manner)

    serving = Serving(
        site=site,
        listener=listener,
        tls_cert=options.get("--tls-cert", ""),
        tls_key=options.get("--tls-key", ""),
    )
    serve(serving, clock, diary, begin)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
