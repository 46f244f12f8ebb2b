"""Where jobs.toml and the state folder are, and why there."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath

from msgspec import Struct

from jobrunner.errors import UnusableError

NAME = "jobs.toml"
HOST_FOLDER = "/etc/jobrunner"
HOST_STATE = "/var/lib/jobrunner"


class Place(Struct, frozen=True):
    """A path, and the reason that it is this one: an option, a variable, a habit."""

    path: str
    why: str


class Asker(Struct, frozen=True, kw_only=True):
    """Who asks, from where: all that the answer depends on."""

    environ: Mapping[str, str]
    cwd: str
    uid: int
    exists: Callable[[str], bool] = os.path.lexists
    resolve: Callable[[str], str] = os.path.realpath


def find_jobs(option: str | None, asker: Asker) -> Place:
    """The jobs.toml to use.

    1. What the command line says, 2. $JOBRUNNER_CONFIG: whether it exists or not.
    3. ./jobs.toml, but never for root, who may be standing in anybody's folder.
    4. The user's, 5. the host's.
    """
    if option:
        return Place(_absolute(asker, option), "the command line says so")
    if named := asker.environ.get("JOBRUNNER_CONFIG"):
        return Place(_absolute(asker, named), "$JOBRUNNER_CONFIG says so")
    for place in _habits(asker):
        if asker.exists(place.path):
            return place
    raise UnusableError(_nowhere(asker))


def find_state(jobs: str, asker: Asker, setting: str = "") -> Place:
    """The state folder of the file `jobs`, whose `settings.state_dir` is `setting`.

    $JOBRUNNER_STATE_DIR, then the setting, then systemd's $STATE_DIRECTORY, then the place that
    belongs to the file.  That one depends on the folder where the file really is and on its name
    alone, so that every way of naming a file leads to the same ledger, and two files never share
    one.
    """
    if named := asker.environ.get("JOBRUNNER_STATE_DIR"):
        return Place(_absolute(asker, named), "$JOBRUNNER_STATE_DIR says so")
    if setting:
        path = PurePath(jobs).parent / _expanded(asker, setting)
        return Place(str(path), f"settings.state_dir in {jobs} says so")
    if named := asker.environ.get("STATE_DIRECTORY"):
        return Place(named.partition(":")[0], "$STATE_DIRECTORY, systemd's, says so")
    return _state_beside(PurePath(_absolute(asker, jobs)), asker)


def _state_beside(jobs: PurePath, asker: Asker) -> Place:
    folder = asker.resolve(str(jobs.parent))
    below = "" if jobs.name == NAME else jobs.name
    user, state = _user_folder(asker), _xdg(asker, "XDG_STATE_HOME", ".local/state")
    if folder == asker.resolve(HOST_FOLDER):
        return Place(str(PurePath(HOST_STATE, below)), f"{jobs} is the host's")
    if user and state and folder == asker.resolve(user):
        return Place(str(PurePath(state, "jobrunner", below)), f"{jobs} is the user's")
    return Place(str(PurePath(folder, ".jobrunner", below)), f"beside {jobs}")


def _habits(asker: Asker) -> Iterator[Place]:
    if asker.uid != 0:
        yield Place(_absolute(asker, NAME), "it is in the working folder")
    if user := _user_folder(asker):
        yield Place(str(PurePath(user, NAME)), "it is the user's")
    yield Place(str(PurePath(HOST_FOLDER, NAME)), "it is the host's")


def _nowhere(asker: Asker) -> str:
    looked = ", ".join(_shown(asker, place.path) for place in _habits(asker))
    if asker.uid == 0 and asker.exists(_absolute(asker, NAME)):
        return (
            f"no {NAME} found. Looked at: {looked}. Root does not take ./{NAME} unasked.\n"
            f"To use it: jobrunner -c {NAME}"
        )
    return f"no {NAME} found. Looked at: {looked}. Create one: jobrunner init"


def _shown(asker: Asker, path: str) -> str:
    """The path as its reader would type it."""
    home = asker.environ.get("HOME", "")
    for folder, short in ((asker.cwd, "."), (home, "~")):
        if PurePath(folder).is_absolute() and PurePath(path).is_relative_to(folder):
            return f"{short}/{PurePath(path).relative_to(folder)}"
    return path


def _user_folder(asker: Asker) -> str:
    base = _xdg(asker, "XDG_CONFIG_HOME", ".config")
    return str(PurePath(base, "jobrunner")) if base else ""


def _xdg(asker: Asker, variable: str, default: str) -> str:
    """A base folder of the XDG specification, which ignores relative ones; empty if homeless."""
    named = asker.environ.get(variable, "")
    if PurePath(named).is_absolute():
        return named
    home = asker.environ.get("HOME", "")
    return str(PurePath(home, default)) if PurePath(home).is_absolute() else ""


def _absolute(asker: Asker, path: str) -> str:
    # `..` stays as it is: behind a symlink only the kernel knows what it means.
    return str(PurePath(asker.cwd, _expanded(asker, path)))


def _expanded(asker: Asker, path: str) -> str:
    home = asker.environ.get("HOME")
    return home + path[1:] if home and (path == "~" or path.startswith("~/")) else path
