"""One look at the clock, every minute on every host: as a rule there is nothing to do.

The short way knows the state folder by habit, looks at a small file and into the ledger, and rings
for the supervisor if something may be due; for a ledger of many hosts it always rings.  What it
does not understand it leaves to the long way, which reads the configuration.
"""

import os

from jobrunner.clock import SystemClock, micros
from jobrunner.engine import glance
from jobrunner.errors import StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

OPTIONS = ("-c", "--config")
NAME = "jobs.toml"
HOST_FOLDER = "/etc/jobrunner"
HOST_STATE = "/var/lib/jobrunner"
ROOT = 0
GONE = "/proc/self/cwd"


def main(arguments: "Sequence[str]") -> str | None:
    """Look, and have somebody awake if something may be due; what the supervisor complains of.

    None if this is not for the short way: other options, nothing noted yet, files that changed, a
    ledger in trouble.  BusyError if the supervisor does not answer.
    """
    option = named_by(arguments)
    if option is None:
        return None
    jobs = find_jobs(option, os.environ, _cwd(), os.geteuid())
    noted = jobs and glance.read(find_state(jobs, os.environ, _cwd()))
    if not noted or not noted.is_of(jobs) or not noted.is_current():
        return None
    now = micros()
    try:
        wake_at = noted.wake_at(now)
    except StoreError:
        return None
    return _rung(noted, jobs) if wake_at is not None and wake_at <= now else ""


def complaint(told: str) -> str:
    """What a supervisor has to say beside that it is awake: once, to whoever rang first."""
    return told.partition("\n")[2]


def named_by(arguments: "Sequence[str]") -> str | None:
    """The jobs.toml that the command line of a plain tick names, or ''; None if it is another."""
    match list(arguments):
        case ["tick"]:
            return ""
        case ["tick", option, path] | [option, path, "tick"] if option in OPTIONS:
            return path if path and path != "-" else None
        case ["tick", option] | [option, "tick"] if option.startswith("--config="):
            path = option.removeprefix("--config=")
            return path if path and path != "-" else None
    return None


def find_jobs(
    option: str,
    environ: "Mapping[str, str]",
    cwd: str,
    uid: int,
    *,
    exists: "Callable[[str], bool]" = os.path.lexists,
) -> str:
    """The jobs.toml to use, as `jobfile.place` finds it; '' if there is none."""
    if named := option or environ.get("JOBRUNNER_CONFIG"):
        return _absolute(cwd, named, environ)
    return next(filter(exists, _habits(environ, cwd, uid)), "")


def find_state(jobs: str, environ: "Mapping[str, str]", cwd: str) -> str:
    """Where `jobfile.place` finds the state of a jobs.toml that does not name a folder itself."""
    if named := environ.get("JOBRUNNER_STATE_DIR"):
        return _absolute(cwd, named, environ)
    if named := environ.get("STATE_DIRECTORY"):
        return named.partition(":")[0]
    folder, _, name = jobs.rpartition("/")
    folder = os.path.realpath(folder or "/").rstrip("/")
    below = "" if name == NAME else f"/{name}"
    user, state = _user_folder(environ), _xdg(environ, "XDG_STATE_HOME", ".local/state")
    if folder == os.path.realpath(HOST_FOLDER):
        return HOST_STATE + below
    if user and state and folder == os.path.realpath(user):
        return f"{state}/jobrunner{below}"
    return f"{folder}/.jobrunner{below}"


def _rung(noted: glance.Glance, jobs: str) -> str | None:
    """Wake the supervisor, or start one; what it complains of, None if this user may not."""
    # The usual tick wakes nobody, and of the others few start anybody.
    from jobrunner.engine import wake  # noqa: PLC0415

    told = wake.poke(noted, wake.TICK)
    if told is None:
        from jobrunner.engine import rise  # noqa: PLC0415

        told = rise.rouse(noted, jobs, SystemClock())
        if told == rise.ASLEEP:
            return None
        wake.poke(noted, wake.TICK)
    return complaint(told)


def _habits(environ: "Mapping[str, str]", cwd: str, uid: int) -> "Iterator[str]":
    if uid != ROOT:
        yield _absolute(cwd, NAME, environ)
    if user := _user_folder(environ):
        yield f"{user}/{NAME}"
    yield f"{HOST_FOLDER}/{NAME}"


def _user_folder(environ: "Mapping[str, str]") -> str:
    base = _xdg(environ, "XDG_CONFIG_HOME", ".config")
    return f"{base}/jobrunner" if base else ""


def _xdg(environ: "Mapping[str, str]", variable: str, default: str) -> str:
    named, home = environ.get(variable, ""), environ.get("HOME", "")
    if named.startswith("/"):
        return _absolute("/", named, {})
    return _absolute(home, default, {}) if home.startswith("/") else ""


def _absolute(cwd: str, path: str, environ: "Mapping[str, str]") -> str:
    """`..` stays as it is: behind a symlink only the kernel knows what it means."""
    home = environ.get("HOME")
    if home and (path == "~" or path.startswith("~/")):
        path = home + path[1:]
    whole = path if path.startswith("/") else f"{cwd}/{path}"
    return "/" + "/".join(part for part in whole.split("/") if part not in {"", "."})


def _cwd() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - a tick has no time for pathlib
    except OSError:
        return GONE
