"""What all attempts of one supervisor have in common, and the names that follow from it."""

import os
import pwd
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b

from msgspec import Struct, field

from jobrunner.clock import Clock
from jobrunner.engine.state import State
from jobrunner.engine.stock import Stock
from jobrunner.model.job import Job
from jobrunner.process import cgroup
from jobrunner.process.failure import Failure
from jobrunner.process.find import MARK
from jobrunner.process.identity import Identity, identify

ROOT = 0


class Ground(Struct, frozen=True, kw_only=True):
    """Where attempts run, and with what they begin.

    `inherited` is the environment of the supervisor, `soft_files` the soft limit of descriptors
    that it was started with.  A supervisor's `stock` has room, nobody else's.
    """

    state: State
    host: str
    clock: Clock
    inherited: Mapping[str, str]
    soft_files: int
    stock: Stock = field(default_factory=Stock)

    @property
    def name(self) -> str:
        """Tells the attempts of this ledger from those of others on the host."""
        return _name_of(self.state.folder)

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
        return Failure(
            1, f"only root can run a job as {identity.name}: take `user` and `group` out"
        )
    return identity


@cache
def _name_of(folder: str) -> str:
    return blake2b(os.fsencode(folder), digest_size=6).hexdigest()


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a container may run as a number without a name
        return str(uid)
