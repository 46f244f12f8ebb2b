"""`@reboot`: one slot at the first look after the host was started."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobrunner.engine.agenda import pause_of
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.post import Post
from jobrunner.engine.record import About
from jobrunner.model.job import Job
from jobrunner.model.run import Trigger
from jobrunner.policy import placement
from jobrunner.process.birth import boot_id, status
from jobrunner.schedule.compose import REBOOT
from jobrunner.store.value import NewRun

STATISTICS = Path("/proc/stat")
UPTIME = Path("/proc/uptime")


def see_to_boot(post: Post, lobby: Lobby) -> None:
    """Queue what is to run once after each start of the host, if nobody has since this one.

    A job that is added later waits for the next start: its past never fires.  So does every job
    where no start was ever noted and this one is long over: what it asks for, others saw to.  Of
    hosts that share a ledger each has its own starts, and runs what may run there at its own place.
    """
    note = Path(post.ground.state.folder, "run/boot")
    last = _noted(note)
    if last == boot_id():
        return
    since = age()
    for job in post.jobs.values():
        if job.enabled and _waits_for_boot(job) and (last or since <= job.grace):
            _queue(job, post, lobby)
    temporary = note.with_suffix(f".{os.getpid()}")
    try:
        temporary.write_text(boot_id())
        temporary.replace(note)
    except OSError as error:  # the next supervisor finds the slots taken
        post.diary.warning(f"{note} cannot be written: {error.strerror}", About(event="trouble"))


def booted_at() -> datetime:
    """When the host was started, by its clock as it is now."""
    lines = STATISTICS.read_text().splitlines()
    seconds = next(line.split()[1] for line in lines if line.startswith("btime "))
    return datetime.fromtimestamp(int(seconds), UTC)


def age() -> timedelta:
    """How long ago the first process was started: of a container, that is long after its host.

    No clock that somebody sets has a say in it.
    """
    first = status(1)
    ticks = first.started if first else 0  # it may be hidden from us
    uptime = float(UPTIME.read_text().split()[0])
    return timedelta(seconds=uptime - ticks / os.sysconf("SC_CLK_TCK"))


def _noted(note: Path) -> str:
    """The start that was seen to last; '' if none is known."""
    try:
        return note.read_text()
    except OSError:
        return ""


def _waits_for_boot(job: Job) -> bool:
    return REBOOT in job.cron or any(REBOOT in timing.cron for timing in job.schedules)


def _queue(job: Job, post: Post, lobby: Lobby) -> None:
    host, labels = post.ground.host, post.config.settings.labels
    if post.is_shared and not placement.fits(job, host, labels):
        return  # it is for other hosts
    new = NewRun(
        job=job.name,
        trigger=Trigger.SCHEDULE,
        scheduled_for=booted_at(),
        place=host if post.is_shared else "",
    )
    run = post.store.add(new, owner=post.owner, host=host, now=post.now())
    if run is None:
        return
    reason = post.agenda.misplaced(job) or _paused(job, post)
    if reason:
        post.withdraw(run, reason)
    else:
        lobby.put(run)


def _paused(job: Job, post: Post) -> str:
    pause = pause_of(job.name, post.store.health(), post.now())
    if pause is None or not pause.holds(post.now()):
        return ""
    return f"paused by {pause.by}" + (f": {pause.reason}" if pause.reason else "")
