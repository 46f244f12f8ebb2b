"""A function of one's own, in Python: it gets the event as a dictionary."""

import sys
from importlib import import_module
from typing import Any

from msgspec import Struct

from jobrunner.notify.message import Message, NotifyError, cloud_event


class Listener(Struct, frozen=True, kw_only=True):
    """A function, "module:name", and a folder in which modules are looked for, too."""

    target: str
    folder: str


def send(way: Listener, message: Message) -> str:
    if way.folder not in sys.path:
        sys.path.append(way.folder)
    try:
        _function(way.target)(cloud_event(message))
    except NotifyError:
        raise
    except (Exception, SystemExit) as error:
        raise NotifyError(f"{way.target} raised {type(error).__name__}: {error}") from error
    return f"{way.target} returned"


def _function(target: str) -> Any:
    module, _, name = target.partition(":")
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise NotifyError(f"{target} is not there: {error}") from None
    return found
