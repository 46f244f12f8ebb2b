"""Whether a command is about another host: then JOBRUNNER_URL names the `serve` of that one.

Of the commands for which this is so nothing more is imported as long as it is not set.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import click

from jobrunner.cli.caller import URL, asker
from jobrunner.cli.option import Globals
from jobrunner.engine.scene import Scene
from jobrunner.jobfile.place import Asker

if TYPE_CHECKING:
    from jobrunner.cli.remote.far import Far

Opener = Callable[[str | None, Asker], AbstractContextManager[Scene]]


def elsewhere(settings: Globals) -> "Far | None":
    """The other host; None if this one is meant, as whoever names a file of it says."""
    url = os.environ.get(URL, "")
    if not url or settings.config is not None:
        return None
    from jobrunner.cli.remote.far import Far  # noqa: PLC0415 - see above

    return Far.of(url, os.environ, settings.clock)


@contextmanager
def scene_of(settings: Globals, opener: Opener) -> Iterator[Scene]:
    """What is asked of the past, whichever host it is of; on this one it is opened so."""
    far = elsewhere(settings)
    if far is not None:
        yield far.scene
        return
    with opener(settings.config, asker()) as here:
        yield here


def require_here(settings: Globals, option: str) -> None:
    """Refuse what can only be told of the host where it is asked."""
    if elsewhere(settings) is not None:
        raise click.UsageError(f"{option} works on the host itself, and {URL} names another one")
