"""Whom the doctor looks at: everything that can be had of one jobs.toml and its host.

What cannot be had is a sentence in its place, so that the rest is looked at all the same.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.config.problem import ConfigError
from jobrunner.engine import plan
from jobrunner.engine.doctor.kernel import Synchrony, synchrony
from jobrunner.engine.ground import Ground
from jobrunner.engine.load import load
from jobrunner.engine.location import location
from jobrunner.engine.report.inherited import Inherited, inherited
from jobrunner.engine.report.surroundings import ground_with
from jobrunner.engine.state import State
from jobrunner.engine.ticker import Host, Ticker, installed, seeing_to
from jobrunner.errors import JobrunnerError, StoreError
from jobrunner.jobfile.place import Asker, find_jobs, find_state
from jobrunner.jobfile.trust import user_name
from jobrunner.model.job import Job
from jobrunner.model.settings import Config
from jobrunner.process.flock import holder
from jobrunner.store import inspect_server, inspect_store, open_store
from jobrunner.store.location import is_shared, path_of
from jobrunner.store.sqlite.inspection import Inspected

if TYPE_CHECKING:
    from jobrunner.store.base import Store
    from jobrunner.store.postgres.served import Served


INIT = "jobrunner init"


class Look(Struct, frozen=True, kw_only=True):
    """How to look: who asks, at which moment, how deep, and with what to measure."""

    option: str | None
    asker: Asker
    host: Host
    clock: Clock
    now: datetime
    job: str | None = None
    full: bool = False
    on_step: Callable[[], None] = lambda: None
    synchrony: Callable[[], Synchrony | None] = synchrony


class Patient:
    """One jobs.toml, its state folder, its ledger, its host."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.now = look.now
        self.host = look.host
        self.path = find_jobs(look.option, look.asker).path
        self.problem, self.config = self._configuration()
        self.state = self._state()
        self.where_problem: JobrunnerError | None = None
        self.where = self._where()
        self.store: Store | None = None
        self.store_problem: StoreError | None = None

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Have the ledger open for the length of a block, if it can be had; none is ever made."""
        try:
            if self.is_sound:
                self.store = open_store(self.where)
        except StoreError as error:
            self.store_problem = error
        try:
            yield
        finally:
            if self.store:
                self.store.close()

    @property
    def is_sound(self) -> bool:
        """Whether the ledger may be opened without anything being made or mended by that."""
        if self.where_problem:
            return False
        if self.is_shared:
            return not isinstance(self.served, StoreError)
        found = self.inspected
        has_name = os.path.lexists(f"{self.file}.id")
        return isinstance(found, Inspected) and not found.problems and has_name

    @property
    def is_shared(self) -> bool:
        """Whether the ledger is one of many hosts."""
        return is_shared(self.where)

    @property
    def file(self) -> Path:
        """The file that the ledger is, unless it is shared."""
        return path_of(self.where)

    @cached_property
    def inspected(self) -> Inspected | StoreError:
        """What a look at the ledger's file finds, or what keeps it from being read."""
        look = self.look
        try:
            return inspect_store(self.where, full=look.full, on_step=look.on_step)
        except StoreError as error:
            return error

    @cached_property
    def served(self) -> "Served | StoreError":
        """What a look at the server of a shared ledger finds, or what keeps it from being used."""
        look = self.look
        try:
            return inspect_server(self.where, look.clock, full=look.full)
        except StoreError as error:
            return error

    @cached_property
    def jobs(self) -> list[Job]:
        """The jobs that are looked at."""
        found = self.config.jobs.values() if self.config else ()
        return [job for job in found if self.look.job in {None, job.name}]

    @cached_property
    def tickers(self) -> list[Ticker]:
        """What ticks on this host, for whatever jobs.toml."""
        return installed(self.host)

    @cached_property
    def own_tickers(self) -> list[Ticker]:
        return seeing_to(self.tickers, self.path)

    @cached_property
    def supervisor(self) -> int | None:
        """The process of the supervisor that is awake."""
        return holder(self.state.lock)

    @cached_property
    def inherited(self) -> Inherited:
        return inherited(self.state, self.own_tickers, self.host, self.look.asker.environ)

    @cached_property
    def ground(self) -> Ground:
        return ground_with(self.inherited, self.config or Config(origin=self.path), self.state)

    @cached_property
    def owner(self) -> int:
        """Whose the state folder is: who supervises, and whom jobs run as that name nobody."""
        owner = self.state.owner
        return self.look.asker.uid if owner is None else owner

    @property
    def has_state(self) -> bool:
        """Whether somebody has begun to keep anything."""
        return os.path.isdir(self.state.folder)  # noqa: PTH112 - paths are strings here

    @property
    def owner_name(self) -> str:
        return user_name(self.owner)

    @property
    def environ(self) -> Mapping[str, str]:
        """The shell that asks."""
        return self.look.asker.environ

    def _configuration(self) -> tuple[JobrunnerError | None, Config | None]:
        """What is wrong with the file, and what is acted on: perhaps an older version of it."""
        try:
            return None, load(self.look.option, self.look.asker)
        except JobrunnerError as error:
            return error, self._last_good()

    def _where(self) -> str:
        """Where the ledger is; where that cannot be known, in the state folder."""
        if not self.config:
            return self.state.ledger
        try:
            return location(self.config.settings, self.state, self.environ)
        except JobrunnerError as error:
            self.where_problem = error
            return self.state.ledger

    def _last_good(self) -> Config | None:
        state = State(find_state(self.path, self.look.asker).path)
        try:
            return plan.read(self.path, state, self.look.asker).config
        except JobrunnerError:
            return None

    def _state(self) -> State:
        setting = self.config.settings.state_dir if self.config else ""
        return State(find_state(self.path, self.look.asker, setting).path)


def told(error: JobrunnerError) -> tuple[str, str]:
    """An error as a sentence and as what to do about it."""
    if isinstance(error, ConfigError):
        return error.summary(), "jobrunner validate"
    first, _, rest = str(error).partition("\n")
    if first.endswith(f" Create one: {INIT}"):
        return first.removesuffix(f". Create one: {INIT}"), INIT
    return first.rstrip("."), rest.removeprefix("Fix: ").replace("\n", " ")
