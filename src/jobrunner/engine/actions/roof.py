"""The ledger for what is in no file: that of the jobs.toml in use, else that of habit."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import PurePath

from msgspec import Struct

from jobrunner.engine import plan
from jobrunner.engine.load import STDIN, load
from jobrunner.engine.location import is_there
from jobrunner.engine.report.look import in_force
from jobrunner.engine.scene import Scene, host_of, location_of, scene, scene_of, state_of
from jobrunner.engine.state import State
from jobrunner.errors import JobrunnerError, UnusableError
from jobrunner.jobfile.place import HOST_FOLDER, NAME, Asker, find_jobs, find_state
from jobrunner.model.settings import Config, Settings
from jobrunner.model.value import Secret

ROOT = 0


class Roof(Struct, frozen=True):
    """A scene, and what is wrong with the jobs.toml that it belongs to."""

    scene: Scene
    problem: str


@contextmanager
def roof(option: str | None, asker: Asker) -> Iterator[Roof]:
    """Open the ledger; a jobs.toml that cannot be used does not keep a command from running.

    It must not lead to another ledger either: without what it says, only one that is there already
    is taken.
    """
    config, problem = _config(option, asker)
    _sure(config, problem, asker)
    with scene_of(config, asker) as opened:
        yield Roof(opened, str(problem or ""))


@contextmanager
def archive(option: str | None, asker: Asker) -> Iterator[Scene]:
    """Open the ledger to look back or to stop what runs, whatever becomes of jobs.toml.

    1. As a `scene`; 2. where the file is broken, with its last good version; 3. where there never
    was one, without jobs, if there is a ledger at least.
    """
    with ExitStack() as stack:
        try:
            here = stack.enter_context(scene(option, asker))
        except UnusableError as error:
            here = stack.enter_context(_left(option, asker, error))
        yield here


@contextmanager
def _left(option: str | None, asker: Asker, problem: UnusableError) -> Iterator[Scene]:
    with ExitStack() as stack:
        try:
            here = stack.enter_context(in_force(option, asker))[0]
        except UnusableError:
            if not _has_ledger(option, asker):
                raise problem from None
            here = stack.enter_context(roof(option, asker)).scene
        yield here


def _has_ledger(option: str | None, asker: Asker) -> bool:
    return option != STDIN and is_there(location_of(_config(option, asker)[0], asker))


class Whereabouts(Struct, frozen=True):
    """A state folder, where the ledger of it is, and what the host is called in it."""

    state: State
    ledger: Secret
    host: str


def whereabouts(option: str | None, asker: Asker) -> Whereabouts:
    """The state folder and the ledger's place, whatever is wrong with the file or the ledger.

    A broken file must not lead to another ledger: without what it says, only one that is there is
    taken.
    """
    return _sure(*_config(option, asker), asker)


def _sure(config: Config, problem: JobrunnerError | None, asker: Asker) -> Whereabouts:
    where = location_of(config, asker)
    if problem is not None and not is_there(where):
        raise problem
    return Whereabouts(state_of(config, asker), where, host_of(config.settings))


def _config(option: str | None, asker: Asker) -> tuple[Config, JobrunnerError | None]:
    try:
        path = find_jobs(option, asker).path
    except UnusableError:
        return Config(origin=_habit(asker)), None
    try:
        return load(option, asker), None
    except JobrunnerError as error:
        return Config(origin=path, settings=_last_settings(path, asker)), error


def _last_settings(path: str, asker: Asker) -> Settings:
    """What the last good version of a broken file says, if that was kept for this user."""
    state = State(find_state(path, asker).path)
    try:
        return plan.look(path, state, asker).config.settings
    except JobrunnerError:
        return Settings()


def _habit(asker: Asker) -> str:
    """Where a first jobs.toml would be: the host's for root, else the user's."""
    if asker.uid == ROOT:
        return str(PurePath(HOST_FOLDER, NAME))
    base = asker.environ.get("XDG_CONFIG_HOME", "")
    home = asker.environ.get("HOME", "")
    for folder in (base, f"{home}/.config"):
        if PurePath(folder).is_absolute():
            return str(PurePath(folder, "jobrunner", NAME))
    raise UnusableError(
        "neither a jobs.toml nor a home folder is there to keep a history for.\n"
        "Name a folder for it: JOBRUNNER_STATE_DIR=/path jobrunner exec ..."
    )
