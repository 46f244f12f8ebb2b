"""Takes the ledger to another database, while nobody looks after runs."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.engine.actions.roof import Whereabouts, whereabouts
from jobrunner.engine.sole import held
from jobrunner.engine.state import State, prepare
from jobrunner.errors import BusyError, UnusableError
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.place import Asker
from jobrunner.jobfile.trust import shown
from jobrunner.model.value import Secret
from jobrunner.store import move_store, open_server
from jobrunner.store.location import is_shared, path_of
from jobrunner.store.telling import told
from jobrunner.words import some

if TYPE_CHECKING:
    from jobrunner.store.move.way import Arrived, OnStep

VARIABLE, FILE = "env:", "file:"
FEW = 5
HIDDEN = "the URL has a password: keep it in a file that only jobrunner's user can read"


class Place(Struct, frozen=True):
    """Where a ledger is, and what jobs.toml says of it."""

    location: Secret
    setting: str


class Relocated(Struct, frozen=True):
    """What was moved, and what [settings] of jobs.toml has to say from now on.

    `setting` is empty if it says so already.
    """

    arrived: "Arrived"
    setting: str


def relocate(
    option: str | None,
    asker: Asker,
    source: str,
    target: str,
    *,
    clock: Clock,
    on_step: "OnStep",
) -> Relocated:
    """Move a ledger; the supervisors of the state folders that this is about stay out meanwhile."""
    here = whereabouts(option, asker)
    begins, ends = place_of(source, asker, here), place_of(target, asker, here)
    folders = {here.state.folder, *_folders(begins.location), *_folders(ends.location)}
    with _alone(folders, clock):
        _refuse_running(begins.location, here.host)
        arrived = move_store(begins.location, ends.location, on_step)
    is_said = here.ledger == ends.location
    return Relocated(arrived, "" if is_said else ends.setting)


def check(option: str | None, asker: Asker, source: str, target: str) -> None:
    """Refuse a place that cannot be known."""
    here = whereabouts(option, asker)
    for text in (source, target):
        place_of(text, asker, here)


def place_of(text: str, asker: Asker, here: Whereabouts) -> Place:
    """The place that is meant: a path, a URL, the variable or the file that holds one."""
    if text.startswith(VARIABLE):
        name = text.removeprefix(VARIABLE)
        if not asker.environ.get(name):
            raise UnusableError(f"the variable {shown(name)} is not set")
        return Place(Secret(asker.environ[name]), f'store_env = "{name}"')
    if text.startswith(FILE):
        path = os.path.abspath(text.removeprefix(FILE))  # noqa: PTH100 - paths are strings here
        return Place(_held_by(path, asker), f'store_file = "{path}"')
    if is_shared(text):
        plain = f'store = "{told(text)}"'
        return Place(
            Secret(text), f'store_file = "..."  # {HIDDEN}' if _has_secret(text) else plain
        )
    file = os.path.abspath(path_of(text))  # noqa: PTH100 - see above
    is_usual = file == here.state.ledger
    return Place(Secret(file), "# no `store`" if is_usual else f'store = "{file}"')


def _held_by(path: str, asker: Asker) -> Secret:
    text = Disk(asker.uid).read(path).decode(errors="replace").strip()
    if not text:
        raise UnusableError(f"{shown(path)} is empty")
    return Secret(text)


def _has_secret(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.password) or "password" in parse_qs(parts.query)


def _folders(location: str) -> Iterator[str]:
    """The state folder whose own ledger this is, if it is one's."""
    if not is_shared(location):
        folder = str(PurePath(location).parent.parent)
        if State(folder).ledger == location:
            yield folder


@contextmanager
def _alone(folders: set[str], clock: Clock) -> Iterator[None]:
    """Keep supervisors out; one that waits for work leaves when it is asked to."""
    with ExitStack() as stack:
        for folder in sorted(folders):
            state = State(folder)
            prepare(state)
            try:
                stack.enter_context(held(state, clock, is_patient=True))
            except BusyError as error:
                raise BusyError(
                    f"{folder}: a supervisor looks after runs, or is a loop, and does not leave.\n"
                    "See jobrunner status; stop what runs, or the loop, and try again"
                ) from error
        yield


def _refuse_running(location: str, host: str) -> None:
    """What another host has begun would be looked after by nobody, once it is in a file."""
    if not is_shared(location):
        return
    with closing(open_server(location)) as store:
        going = [run for run in store.live() if run.attempts]
    others = [f"{run.job} #{run.id}" for run in going if not run.owner.startswith(f"{host}/")]
    if others:
        raise BusyError(
            f"not over yet, on other hosts: {some(others, FEW)}.\n"
            "Let them end there, or start their host once more, and stop them: jobrunner stop"
        )
