"""What all attempts of one supervisor have in common, and the names that follow from it."""

import os
import pwd
from collections.abc import Mapping
from functools import cache

from msgspec import Struct, field

from jobrunner.clock import Clock
from jobrunner.digest import blake2b
from jobrunner.engine.state import State
from jobrunner.engine.stock import Stock
from jobrunner.model.job import Job
from jobrunner.process import cgroup
from jobrunner.process.failure import Failure
from jobrunner.process.find import MARK
from jobrunner.process.identity import Identity, identify

ROOT = 0
FRESH = 1.0  # seconds


class Accounts:
    """Who jobs run as, for many that start together: looked up again after a second."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Identity | Failure] = {}
        self._until = 0.0

    def of(self, job: Job, elapsed: float) -> Identity | Failure:
        """Who the job runs as; a Failure if it cannot."""
        if elapsed >= self._until:
            self._found.clear()
            self._until = elapsed + FRESH
        key = job.user, job.group
        if key not in self._found:
            self._found[key] = identity_of(job)
        return self._found[key]


class Ground(Struct, frozen=True, kw_only=True):
    """Where attempts run, and with what they begin.

    `inherited` is the environment of the supervisor, `soft_files` the soft limit of descriptors
    that it was started with.  A supervisor's `stock` has room, nobody else's.  `ledger` is what a
    ledger is called that is not the state folder's own.
    """

    state: State
    host: str
    clock: Clock
    inherited: Mapping[str, str]
    soft_files: int
    stock: Stock = field(default_factory=Stock)
    accounts: Accounts = field(default_factory=Accounts)
    ledger: str = ""

    @property
    def ledger_name(self) -> str:
        """Tells the runs of this ledger from those of others, alike on every host."""
        return self.ledger or self.name

    @property
    def name(self) -> str:
        """Tells the attempts of this state folder from those of others on the host."""
        return _name_of(self.state.folder)

    def identity(self, job: Job) -> Identity | Failure:
        """Who the job runs as, as it was known a moment ago; see `identity_of`."""
        return self.accounts.of(job, self.clock.elapsed())

    def mark(self, run: int, attempt: int) -> str:
        return f"{self.name}-{run}-{attempt}"

    def marker(self, run: int, attempt: int) -> str:
        """The entry of the environment that only this attempt's processes have."""
        return f"{MARK}={self.mark(run, attempt)}"

    def cgroup(self, run: int, attempt: int) -> str:
        """The cgroup of an attempt that runs; '' if it has none."""
        home = cgroup.home()
        path = f"{home}/{self.cgroup_name(run, attempt)}" if home else ""
        return path if path and os.path.isdir(path) else ""  # noqa: PTH112 - paths are strings here

    def cgroup_name(self, run: int, attempt: int) -> str:
        return f"jobrunner-{self.mark(run, attempt)}"

    def remove_cgroups(self) -> None:
        """Remove the cgroups of attempts that are over and have left nothing alive by now."""
        cgroup.remove_empty(f"jobrunner-{self.name}-")


def identity_of(job: Job) -> Identity | Failure:
    """Who the job runs as; a Failure if this host has no such account, or we may not become it."""
    uid = os.geteuid()
    identity = identify(job.user or _name(uid), job.group)
    if isinstance(identity, Identity) and uid != ROOT and not identity.is_ours():
        return Failure(1, _refusal(job, identity.name))
    return identity


def _refusal(job: Job, name: str) -> str:
    if job.user or job.group:
        return f"only root can run a job as {name}: take `user` and `group` out"
    return f"the supervisor has not the groups that {name} has by now: start it from a new sign-in"


@cache
def _name_of(folder: str) -> str:
    return blake2b(os.fsencode(folder), digest_size=6).hexdigest()


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a container may run as a number without a name
        return str(uid)
