"""Takes over what a supervisor left that is gone: nothing is started twice, nothing forgotten."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

from jobrunner.engine.actions.outside import outsider, sweep
from jobrunner.engine.aftermath import Aftermath
from jobrunner.engine.attempt import GIVEN_UP, TIMEOUT, Attempt, forget, noted_stop
from jobrunner.engine.crew import Crew
from jobrunner.engine.ending import Examination
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.post import Post
from jobrunner.engine.recall import undeclared
from jobrunner.engine.record import of_run
from jobrunner.engine.unseen import left, started_at
from jobrunner.model.run import Run, State
from jobrunner.model.value import Zone
from jobrunner.process.adopt import adopt
from jobrunner.process.birth import Birth, Child, status
from jobrunner.process.find import environment, keepers, marks

SPOOL = re.compile(r"([0-9]{1,18})-([0-9]{1,9})")


def recover(post: Post, crew: Crew, lobby: Lobby, aftermath: Aftermath) -> None:
    """Take over every live run of this host, and what was to follow from those that are over.

    A run that waits goes on waiting.  One whose keeper lives is looked after again; one whose code
    was stored has ended so; of one with neither all that is left is swept, and it is lost.
    """
    sweep(post.store, post.ground, Zone("UTC", UTC))
    post.ground.remove_cgroups()
    gone = sorted(owner for owner in post.store.owners() if _was_here(owner, post))
    for owner in gone:
        post.store.adopt(owner, post.owner)
    _follow(post, aftermath)
    adopted = post.store.live(post.owner)
    running = [run for run in adopted if run.state is State.RUNNING and _is_here(run, post)]
    found = keepers() if running else {}
    is_any_without = any(post.ground.mark(run.id, run.attempts) not in found for run in running)
    marked = marks() if is_any_without else set()
    for run in adopted:
        if run.state is not State.RUNNING:
            lobby.put(run)
    for run in running:
        mark = post.ground.mark(run.id, run.attempts)
        _resume(run, found.get(mark), post, crew, is_marked=mark in marked)


def _follow(post: Post, aftermath: Aftermath) -> None:
    """Draw what follows from ends that were recorded just before their supervisor was killed."""
    told = [*_told(post)]
    aftermath.repeat(run for run, _ in told if not run.state.is_live)
    if not aftermath.is_behind:
        for run, attempt in told:
            forget(run.id, attempt, post.ground)


def _told(post: Post) -> Iterator[tuple[Run, int]]:
    """The runs whose spool is there still though the ledger knows how that attempt ended."""
    for name in sorted(os.listdir(Path(post.ground.state.spool(0, 0)).parent)):  # noqa: PTH208
        match = SPOOL.fullmatch(name)
        run = post.store.run(int(match[1])) if match else None
        if match and run and _has_ended(run, int(match[2])):
            yield run, int(match[2])


def _has_ended(run: Run, attempt: int) -> bool:
    return attempt <= run.attempts - (run.state is State.RUNNING)


def _was_here(owner: str, post: Post) -> bool:
    """Whether it was a supervisor of this host: ours is the only one that lives."""
    return owner.startswith(f"{post.ground.host}/") and outsider(owner) is None


def _is_here(run: Run, post: Post) -> bool:
    """Whether its processes can be here; what was taken over from a lost host is seen to apart."""
    return not post.is_shared or run.host == post.ground.host


def _resume(run: Run, birth: Birth | None, post: Post, crew: Crew, *, is_marked: bool) -> None:
    """`is_marked`: something of the run is alive, its keeper or not."""
    job = post.jobs.get(run.job) or undeclared(run.job)
    started = started_at(run, post.store)
    if birth is not None:
        child = adopt(birth, post.ground.state.spool(run.id, run.attempts))
        if isinstance(child, Child):
            elapsed = max(timedelta(), post.now() - started)
            is_ours = _is_child(birth)
            env = environment(birth)
            attempt = Attempt(
                run, job, child, post.ground, env=env, elapsed=elapsed, is_ours=is_ours
            )
            crew.take(attempt)
            by = noted_stop(run.id, run.attempts, post.ground)
            if by.startswith(GIVEN_UP):
                attempt.give_up(by.removeprefix(GIVEN_UP))
            elif by and by != TIMEOUT:  # a timeout comes by itself
                attempt.stop(by)
            told = f"{run.job} #{run.id} goes on, as process {birth.pid}"
            post.diary.info(told, of_run("adopt", run))
            return
    rest = left(run, started, post.ground, is_marked=is_marked)
    post.diary.info(f"{run.job} #{run.id} ended meanwhile", of_run("adopt", run))
    crew.examine(Examination(run, job, rest, post.ground))


def _is_child(birth: Birth) -> bool:
    """Whether it is ours to wait for: after the supervisor has become newer code it still is."""
    found = status(birth.pid)
    return found is not None and found.parent == os.getpid()
