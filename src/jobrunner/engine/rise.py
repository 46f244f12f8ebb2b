"""Starts the supervisor of a state folder, and waits until it answers."""

import os
import select
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from jobrunner.clock import Clock
from jobrunner.engine.wake import PATIENCE, poke
from jobrunner.errors import BusyError
from jobrunner.process.descriptor import keep_from_children

if TYPE_CHECKING:
    from jobrunner.engine.wake import Located

ASLEEP = "asleep: the next tick sees to it"
MARK = "JOBRUNNER_MARK"
# What `systemctl start` is told to start a supervisor, or the file that systemd starts it for;
# a tick's unit says it, see formats.unit.
UNIT = "JOBRUNNER_SUPERVISOR_UNIT"
SYSTEMCTL = "systemctl"
UNIT_PATIENCE = 2.5  # seconds: what does not come up by then is started by ourselves
ROOT = 0
TOLD = 500  # bytes of its log
STEP = 5  # milliseconds between two tries to reach who is starting
PAUSE = 0.05  # seconds until another one is started in the place of one that left
NOWHERE = (
    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    (os.POSIX_SPAWN_DUP2, 1, 2),
)
ALL_SIGNALS = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
# What makes of Python or its loader something else than they are, what says that somebody else is
# systemd's service, what was meant for a run.  The rest may be secrets that jobs.toml names.
UNWANTED = ("PYTHON", "LD_", "LISTEN_", "WATCHDOG_", "JOBRUNNER_PARAM_")
UNWANTED_NAMES = frozenset(
    {
        *("NOTIFY_SOCKET", "MAINPID", "INVOCATION_ID", "JOURNAL_STREAM", "TRACEPARENT"),
        *("BASH_ENV", "ENV", "JOBRUNNER_CONFIG", MARK, UNIT),
        *(f"JOBRUNNER_{name}" for name in ("JOB", "RUN_ID", "RUN_UUID", "ATTEMPT", "RESULT")),
        *(f"JOBRUNNER_{name}" for name in ("MAX_ATTEMPTS", "SCHEDULED_FOR", "PREVIOUS_SUCCESS")),
        *(f"JOBRUNNER_{name}" for name in ("TRIGGER", "HOST", "AFTER_RUN_ID")),
    }
)


def rouse(state: "Located", config: str, clock: Clock) -> str:
    """Wake the supervisor of a state folder, or start one, and return what it says.

    Who may not start one is told that the next tick will.  BusyError if nobody answers in time.
    """
    told = poke(state)
    if told is not None:
        return told
    if not may_start(state):
        return ASLEEP
    deadline = clock.elapsed() + PATIENCE
    return _by_systemd(state, clock) or _raised(state, config, clock, deadline)


def may_start(state: "Located") -> bool:
    """Whether this process may start a supervisor: the owner of the state folder, and root.

    Not from inside a run: what it starts is stopped with it.
    """
    if MARK in os.environ:
        return False
    try:
        owner = os.stat(state.folder).st_uid  # noqa: PTH116 - paths are strings here
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return os.geteuid() in {ROOT, owner}


def start(state: "Located", config: str) -> int:
    """Start a supervisor, in a session of its own and with nothing of ours; its process id."""
    keep_from_children()
    arguments = ("-P", "-m", "jobrunner", "supervise", "--config", config, "--state", state.folder)
    return os.posix_spawn(
        sys.executable,
        (sys.executable, *arguments),
        scrubbed(os.environ),
        file_actions=NOWHERE,
        setsid=True,
        setsigmask=(),
        setsigdef=ALL_SIGNALS,
    )


def scrubbed(environ: Mapping[str, str]) -> dict[str, str]:
    """What a supervisor, and with it jobs that inherit by name, may have of an environment."""
    return {
        name: value
        for name, value in environ.items()
        if name not in UNWANTED_NAMES and not name.startswith(UNWANTED)
    }


def _by_systemd(state: "Located", clock: Clock) -> str | None:
    """Have systemd start the unit that is meant for it, out of the cgroup of the tick's.

    None if there is no such unit, this user may not start it, or it does not come up.
    """
    asked = os.environ.get(UNIT, "")
    deadline = clock.elapsed() + UNIT_PATIENCE
    if not asked:
        return None
    if not asked.startswith("/"):
        return _until_up(state, clock, deadline) if _has_asked(asked.split()) else None
    try:
        os.close(os.open(asked, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        return _until_up(state, clock, deadline)
    except OSError:
        return None
    finally:
        with suppress(OSError):
            os.unlink(asked)  # noqa: PTH108 - paths are strings here


def _until_up(state: "Located", clock: Clock, deadline: float) -> str | None:
    for _ in range(int(UNIT_PATIENCE * 1000) // STEP):
        told = poke(state)
        if told is not None or clock.elapsed() > deadline:
            return told
        clock.sleep(STEP / 1000)
    return None


def _has_asked(words: Sequence[str]) -> bool:
    """Whether systemd took the order; it is not waited for."""
    try:
        pid = os.posix_spawnp(
            SYSTEMCTL,
            (SYSTEMCTL, "--no-ask-password", "--no-block", "start", *words),
            os.environ,
            file_actions=NOWHERE,
            setsigmask=(),
        )
    except OSError:
        return False
    pidfd = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    if not poll.poll(int(UNIT_PATIENCE * 1000)):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    os.close(pidfd)
    return os.waitpid(pid, 0)[1] == 0


def _raised(state: "Located", config: str, clock: Clock, deadline: float) -> str:
    """Start one, and another if it left without a word: it may have met one that was leaving."""
    child = _Child(state, start(state, config))
    try:
        # Steps bound it, too, where the clock stands still.
        for _ in range(int(PATIENCE * 1000) // STEP):
            told = poke(state, patience=max(0.1, deadline - clock.elapsed()))
            if told is not None:
                return told
            if clock.elapsed() > deadline:
                break
            if child.has_ended(STEP):
                child.bury()
                clock.sleep(PAUSE)
                child = _Child(state, start(state, config))
    finally:
        child.close()
    raise BusyError(
        f"the supervisor of {state.folder} was started and does not answer.\n"
        f"What it says of itself is in {state.folder}/run/supervisor.log"
    )


def _last_line(log: str) -> str:
    """The last line, as far as it is harmless; '' if there is none."""
    try:
        file = os.open(log, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        size = os.fstat(file).st_size
        lines = os.pread(file, TOLD, max(0, size - TOLD)).splitlines()
    except OSError:
        return ""
    finally:
        os.close(file)
    text = lines[-1].decode(errors="replace") if lines else ""
    return "".join(sign for sign in text if sign.isprintable())


class _Child:
    """A supervisor that was started here."""

    def __init__(self, state: "Located", pid: int) -> None:
        self._state = state
        self._pid = pid
        self._pidfd = os.pidfd_open(pid)
        self._is_closed = False

    def has_ended(self, milliseconds: int) -> bool:
        """Whether it ended, within this time."""
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(milliseconds))

    def bury(self) -> None:
        """Take note of its end; BusyError if it failed."""
        _, status = os.waitpid(self._pid, 0)
        self.close()
        code = os.waitstatus_to_exitcode(status)
        if code:
            how = f"exit {code}" if code > 0 else f"signal {-code}"
            raise BusyError(
                f"the supervisor of {self._state.folder} ended at once ({how}).\n{self._hint()}"
            )

    def _hint(self) -> str:
        folder = f"{self._state.folder}/run"
        log = f"{folder}/supervisor.log"
        try:
            os.close(os.open(log, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC))
        except OSError as error:
            if isinstance(error, FileNotFoundError) and os.access(folder, os.W_OK):
                return (
                    f"It said nothing. Does this work? {sys.executable} -P -m jobrunner --version"
                )
            return (
                f"It could not say why, for {log} cannot be written ({error.strerror}).\n"
                "Is the disk full, or read-only? More: jobrunner status"
            )
        last = _last_line(log)
        return f"It says why in {log}{': ' if last else ''}{last}"

    def close(self) -> None:
        """Let go of it; it goes on."""
        if not self._is_closed:
            self._is_closed = True
            os.close(self._pidfd)
