"""Who holds what: locks on files, and what runs keep from each other while they last.

A lock on a file is the kernel's, and gone with its process.  What a run holds, it holds as long as
the ledger says that it is not over; so whether its processes live is looked at.
"""

import os
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import Literal

from msgspec import Struct

from jobrunner.clock import SystemClock
from jobrunner.engine.actions.outside import outsider
from jobrunner.engine.actions.preview import ground_of
from jobrunner.engine.alert.send import lock_of
from jobrunner.engine.boot import booted_at
from jobrunner.engine.ground import Ground
from jobrunner.engine.scene import Scene
from jobrunner.model.job import Job
from jobrunner.model.run import Run, State
from jobrunner.process.birth import Birth, boot_id, status
from jobrunner.process.find import keepers, marks
from jobrunner.process.flock import holder

# As a supervisor names itself in the ledger: host, the begin of the boot's name, process, start.
OWNER = re.compile(r"(?P<host>.*)/(?P<boot>[0-9a-f]{8})/(?P<pid>[0-9]+)-(?P<started>[0-9]+)")
HOLDS = frozenset({State.RUNNING, State.RETRYING})
TICKS = os.sysconf("SC_CLK_TCK")

Kind = Literal["file", "job", "lock", "pool"]
Life = Literal["alive", "dead", "unknown"]


class Lock(Struct, frozen=True, kw_only=True):
    """Something that is held.

    `path` is the file of a lock that is the kernel's; the others have the `run` and `job` that
    hold it.  `pid` is the process behind it, if one is seen; `life` says whether it lives.  `host`
    is where the run goes on, if that is another one than this.
    """

    name: str
    kind: Kind
    what: str
    pid: int | None
    since: datetime | None
    life: Life
    path: str | None = None
    run: int | None = None
    job: str | None = None
    host: str | None = None


def see_locks(scene: Scene) -> list[Lock]:
    """Everything that is held just now."""
    ground = ground_of(scene.config, scene.state, SystemClock())
    return [*_of_files(scene), *_of_runs(scene, ground)]


def names(scene: Scene) -> set[str]:
    """What could be held: every name that `see_locks` may tell."""
    jobs = scene.config.jobs.values()
    held = {job.lock for job in jobs} | {job.pool for job in jobs} | {*scene.config.pools}
    files = {name for name, _, _ in _files(scene)}
    live = {run.job for run in scene.store.live()}
    return (held | files | live | {*scene.config.jobs}) - {""}


def _of_files(scene: Scene) -> Iterator[Lock]:
    for name, path, what in _files(scene):
        pid = holder(path)
        if pid:
            yield Lock(
                name=name,
                kind="file",
                what=what,
                pid=pid,
                since=_began(pid),
                life="alive",
                path=path,
            )


def _files(scene: Scene) -> Iterator[tuple[str, str, str]]:
    """Each file that is locked at times: a name, the file, and what its holder does."""
    state = scene.state
    yield "supervisor", state.lock, "looks after runs"
    if not scene.is_shared:
        yield "checkpoint", f"{scene.file}.checkpoint", "brings the ledger to its lasting place"
        yield "migrate", f"{scene.file}.migrate", "makes, changes or mends the ledger"
    for channel in scene.config.channels:
        yield f"send {channel}", lock_of(state, channel), "sends to it"
    for held in sorted(Path(state.folder, "run", "locks").glob("*.lock")):
        yield held.stem, str(held), "jobrunner exec --lock"
    for source in scene.config.sources:
        place = PurePath(source)
        yield f"edit {place.name}", str(place.with_name(f".{place.name}.lock")), "edits it"


def _of_runs(scene: Scene, ground: Ground) -> Iterator[Lock]:
    runs = [run for run in scene.store.live() if run.state in HOLDS]
    alive = keepers() if runs else {}
    marked = marks() if runs else set()
    used: dict[str, int] = {}
    for run in runs:
        mark = ground.mark(run.id, run.attempts)
        birth = alive.get(mark)
        life = "alive" if birth or mark in marked else _life(run, ground)
        job = scene.config.jobs.get(run.job)
        for kind, name, what in _held(run, job, scene, used):
            yield Lock(
                name=name,
                kind=kind,
                what=what,
                pid=birth.pid if birth else None,
                since=run.started_at,
                life=life,
                run=run.id,
                job=run.job,
                host=run.host if run.host != ground.host else None,
            )


def _held(
    run: Run, job: Job | None, scene: Scene, used: dict[str, int]
) -> Iterator[tuple[Kind, str, str]]:
    """What one run keeps others from; `used` counts the places of pools that are taken."""
    if job is None or job.overlap != "allow":
        yield (
            "job",
            run.job,
            f'overlap = "{job.overlap}"' if job else "no job of jobs.toml any more",
        )
    if job and job.lock:
        yield "lock", job.lock, f'lock = "{job.lock}"'
    if job and job.pool:
        used[job.pool] = used.get(job.pool, 0) + 1
        yield "pool", job.pool, f"place {used[job.pool]} of {scene.config.pools.get(job.pool, 1)}"


def _life(run: Run, ground: Ground) -> Life:
    """Whether somebody looks after a run of which no process is to be seen.

    Whose processes we may not look at may have some all the same.
    """
    birth = owner_here(run.owner, ground.host)
    if birth is None or not _sees_all(ground):
        return "unknown"
    found = status(birth.pid) if birth.boot == boot_id() else None
    lives = found is not None and found.started == birth.started and not found.is_dead
    return "alive" if lives else "dead"


def _sees_all(ground: Ground) -> bool:
    owner = ground.state.owner
    return owner is not None and os.geteuid() in {0, owner}


def owner_here(owner: str, host: str) -> Birth | None:
    """The process that an owner of the ledger is; None if it is of another host, or nobody's.

    A process of another boot has a boot that is not ours: it is dead for certain.
    """
    outside = outsider(owner)
    if outside is not None:
        return outside.birth if outside.host == host else None
    found = OWNER.fullmatch(owner)
    if not found or found["host"] != host:
        return None
    ours = boot_id()
    boot = ours if ours.startswith(found["boot"]) else found["boot"]
    return Birth(int(found["pid"]), boot, int(found["started"]))


def _began(pid: int) -> datetime | None:
    """When a process was started, by the host's clock as it is now."""
    found = status(pid)
    return booted_at() + timedelta(seconds=found.started / TICKS) if found else None


def of_name(locks: Iterable[Lock], name: str) -> list[Lock]:
    """Those that are called so; a run's number names what it holds."""
    return [lock for lock in locks if name in {lock.name, str(lock.run)}]
