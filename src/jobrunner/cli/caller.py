"""Who calls a command, and from where."""

import os
from pathlib import Path

import click

from jobrunner.cli.option import Globals, manner
from jobrunner.jobfile.place import Asker

GONE = "/proc/self/cwd"
URL = "JOBRUNNER_URL"


def asker() -> Asker:
    """The user and folder of this process, for what is done on this host.

    Somebody who has named another host, and no file of this one, does not mean it.
    """
    how = manner()
    if isinstance(how, Globals) and how.config is None and os.environ.get(URL):
        raise click.UsageError(
            f"this works on the host itself, and {URL} names another one.\n"
            f"For this host: unset {URL}, or name its file: jobrunner -c jobs.toml ..."
        )
    return Asker(environ=os.environ, cwd=_folder(), uid=os.geteuid())


def _folder() -> str:
    try:
        return str(Path.cwd())
    except OSError:  # it is deleted: nothing is found in it, but other places can be named
        return GONE
