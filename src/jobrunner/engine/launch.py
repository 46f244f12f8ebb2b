"""Starts an attempt: files first, then the process; what stands in the way is a sentence."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TypeVar

from jobrunner.engine.attempt import Attempt
from jobrunner.engine.ground import Ground
from jobrunner.engine.stock import Stock
from jobrunner.errors import JobrunnerError
from jobrunner.kinds.task import Task
from jobrunner.model.job import Job
from jobrunner.model.run import Run
from jobrunner.process import cgroup, output
from jobrunner.process.failure import Failure
from jobrunner.process.identity import Identity
from jobrunner.process.launch import Launch
from jobrunner.process.start import start

OUTPUT_FOLDER = 0o2750

Made = TypeVar("Made")
Prepare = Callable[[Run, Job, Identity], Task]


def launch(run: Run, job: Job, ground: Ground, prepare: Prepare) -> Attempt | str:
    """Start the attempt that the ledger counts already; a sentence if nothing runs.

    1. Its output, its result and its spool are made: what has no room for them is not started.
    2. The kind says what to execute, 3. and its keeper is started.
    """
    identity = ground.identity(job)
    if isinstance(identity, Failure):
        return identity.message
    try:
        with ExitStack() as unless_started:
            owner = identity.uid, identity.gid
            written, code = _make_files(run, ground, owner, unless_started)
            task = prepare(run, job, identity)
            launched = Launch(
                argv=task.argv,
                cwd=task.cwd,
                env=task.env,
                spool=code,
                output=written,
                capture=job.capture,
                stdin=task.stdin,
                identity=identity if job.user or job.group else None,
                umask=int(job.umask, 8),
                limits=job.limits,
                soft_files=ground.soft_files,
                is_strict=job.strict_kill,
                tag=f"{run.id}-{run.attempts}",
                cgroup=cgroup.make(ground.cgroup_name(run.id, run.attempts)),
            )
            found = start(launched)
            if isinstance(found, Failure):
                return found.message
            unless_started.pop_all()
            os.close(code)
    except OSError as error:
        return f"{error.filename or ground.state.folder}: {error.strerror}"
    except JobrunnerError as error:
        return str(error)
    return Attempt(run, job, found, ground, env=task.env, launched=launched)


def _make_files(
    run: Run, ground: Ground, owner: tuple[int, int], files: ExitStack
) -> tuple[int, int]:
    """The output and the spool, open until `files` is closed."""
    written = _make_output(ground.state.output_path(run.output), owner)
    files.callback(os.close, written)
    _make_result(ground.state.result(run.id, run.attempts), owner, ground.stock)
    code = _make_spool(ground.state.spool(run.id, run.attempts), ground.stock)
    files.callback(os.close, code)
    return written, code


# A ledger that was restored from a copy gives numbers out again: what bears one is not ours.


def _make_output(path: str, owner: tuple[int, int]) -> int:
    make = partial(output.make, path, owner if os.geteuid() == 0 else None)
    try:
        return _anew(make, path)
    except FileNotFoundError:
        folder = Path(path).parent
        folder.mkdir(exist_ok=True)
        folder.chmod(OUTPUT_FOLDER)
        return _anew(make, path)


def _make_result(path: str, owner: tuple[int, int], stock: Stock) -> None:
    _anew(lambda: stock.result(path, owner), path)


def _make_spool(path: str, stock: Stock) -> int:
    return _anew(lambda: stock.spool(path), path)


def _anew(make: Callable[[], Made], path: str) -> Made:
    try:
        return make()
    except FileExistsError:
        os.unlink(path)  # noqa: PTH108 - paths are strings here
        return make()
