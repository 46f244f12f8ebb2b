"""Starts a command under its keeper, in a session of its own; never raises for a bad command."""

import os
import signal
import subprocess
from contextlib import suppress

from jobrunner.process.birth import Child
from jobrunner.process.descriptor import filled, lifted
from jobrunner.process.failure import Failure, told
from jobrunner.process.keeper import SHELL, keeper_argv
from jobrunner.process.launch import Launch, obstacle
from jobrunner.process.subreaper import become_subreaper

LOCK = 3
ALL_SIGNALS = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}


def start(launch: Launch) -> Child | Failure:
    """Start it, and say which process its keeper is; a Failure means that nothing runs.

    The command gets its stdin, its output and the lock, no other descriptor (if the caller once
    called `keep_from_children`); no signal is ignored or, without a change of user, blocked.  The
    caller must not ignore SIGCHLD.
    """
    failure = obstacle(launch)
    if failure is not None:
        return failure
    try:
        # Holds a place for the pidfd: to be without one afterwards would be too late.
        room = os.dup(launch.spool)
        try:
            pid = _spawn(launch)
        finally:
            os.close(room)
        return _born(launch, pid)
    except (OSError, ValueError) as error:
        return told(error)


def _spawn(launch: Launch) -> int:
    locks = () if launch.lock is None else (launch.lock,)
    with (
        filled(launch.stdin) as stdin,
        lifted(stdin, launch.spool, launch.output, *locks) as descriptors,
    ):
        if _changes_user(launch) or launch.is_strict:
            return _spawn_as(launch, *descriptors)
        return _spawn_here(launch, descriptors)


def _changes_user(launch: Launch) -> bool:
    return launch.identity is not None and not launch.identity.is_ours()


def _is_gated(launch: Launch) -> bool:
    """Whether we put the keeper into its cgroup, since its user may not."""
    return bool(launch.cgroup) and _changes_user(launch)


def _spawn_here(launch: Launch, descriptors: list[int]) -> int:
    # stdin, spool and output become 0, 1 and 2; the lock, if any, becomes LOCK.
    return os.posix_spawn(
        SHELL,
        keeper_argv(launch, gated=False),
        launch.env,
        file_actions=[
            (os.POSIX_SPAWN_DUP2, each, number) for number, each in enumerate(descriptors)
        ],
        setsid=True,
        setsigmask=(),
        setsigdef=ALL_SIGNALS,
    )


def _spawn_as(launch: Launch, stdin: int, spool: int, output: int, *locks: int) -> int:
    # The change of user comes before the exec: what the command's environment makes a loader do,
    # it does as that user.
    identity = launch.identity if _changes_user(launch) else None
    child = subprocess.Popen(  # noqa: S603 - to run what jobs.toml says is the trade
        keeper_argv(launch, gated=_is_gated(launch)),
        executable=SHELL,
        stdin=stdin,
        stdout=spool,
        stderr=output,
        pass_fds=locks,
        env=dict(launch.env),
        user=identity.uid if identity else None,
        group=identity.gid if identity else None,
        extra_groups=identity.groups if identity else None,
        start_new_session=True,
        preexec_fn=become_subreaper if launch.is_strict else None,  # noqa: PLW1509 - one thread
    )
    # Ours to wait for: else the module does it, when the next command is started, and drops it.
    child.returncode = 0
    return child.pid


def _born(launch: Launch, pid: int) -> Child:
    """Its descriptor; a child that cannot have one is ended, so that nothing runs unseen."""
    try:
        pidfd = os.pidfd_open(pid)
        if _is_gated(launch):
            _let_in(launch.cgroup, pid)
    except OSError:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        raise
    return Child(pid, pidfd)


def _let_in(cgroup: str, pid: int) -> None:
    """Put a keeper that waits at its gate into the cgroup, and let it on, with it or without."""
    os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    with suppress(OSError):
        procs = os.open(f"{cgroup}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(procs, str(pid).encode())
        finally:
            os.close(procs)
    os.kill(pid, signal.SIGCONT)
