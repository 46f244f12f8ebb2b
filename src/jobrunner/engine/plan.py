"""The configuration in force: what jobs.toml says, or the last that could be used."""

import os
import pickle
from contextlib import suppress

from msgspec import Struct

from jobrunner import __version__
from jobrunner.engine.load import load
from jobrunner.engine.state import State
from jobrunner.engine.watch import Prints, same, take
from jobrunner.errors import JobrunnerError
from jobrunner.jobfile.place import Asker
from jobrunner.model.settings import Config

MODE = 0o600


class Plan(Struct, frozen=True, kw_only=True):
    """What is acted on.  `problem` says what is wrong with the files if it is an older version."""

    config: Config
    prints: Prints
    problem: str = ""

    def is_current(self) -> bool:
        """Whether the files are still those that were read."""
        return same(self.prints)


def read(path: str, state: State, asker: Asker, before: Plan | None = None) -> Plan:
    """The plan to act on now: a broken file never stops or changes what was good before it.

    Raises what is wrong with the file if there is no version of before: in this process, or kept
    by an earlier one.
    """
    prints = take((path,), ())
    try:
        config = load(path, asker)
    except JobrunnerError as error:
        last = before.config if before else _kept(state)
        if last is None:
            raise
        prints = take((path, *last.sources), last.patterns)
        return Plan(config=last, prints=prints, problem=str(error))
    if not same(prints):  # it was written while it was read: what is new is read next
        return Plan(config=config, prints=prints)
    plan = Plan(config=config, prints=take(config.sources, config.patterns))
    _keep(config, state)
    return plan


def _keep(config: Config, state: State) -> None:
    """Keep it for a supervisor that finds a broken file; that it cannot be kept stops nothing."""
    temporary = f"{state.plan}.{os.getpid()}"
    with suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(temporary, flags, MODE), "wb") as file:  # noqa: PTH123 - a descriptor
            pickle.dump((__version__, config), file, pickle.HIGHEST_PROTOCOL)
        os.replace(temporary, state.plan)  # noqa: PTH105 - paths are strings here


def _kept(state: State) -> Config | None:
    """What was kept, if this version of jobrunner kept it and nobody else can have written it."""
    try:
        file = os.open(state.plan, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with open(file, "rb") as stream:  # noqa: PTH123 - a descriptor
        found = os.fstat(file)
        if found.st_uid != os.geteuid() or found.st_mode & 0o077:
            return None
        try:
            version, config = pickle.load(stream)  # noqa: S301 - nobody else wrote it
        except Exception:  # noqa: BLE001 - whatever a file that was cut short makes of itself
            return None
    return config if version == __version__ and isinstance(config, Config) else None
