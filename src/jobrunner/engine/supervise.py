"""`jobrunner supervise`: the process around a supervisor, from its first descriptor to its last.

Ticks start it, and nobody types it.  It holds the lock of its state folder while it lives.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from msgspec.structs import replace

from jobrunner.clock import Clock, SystemClock
from jobrunner.engine.diary import Diary
from jobrunner.engine.doorbell import Doorbell
from jobrunner.engine.ground import Ground
from jobrunner.engine.housekeeping import Housekeeping
from jobrunner.engine.journal import Journal, journal_of
from jobrunner.engine.location import location, name_of
from jobrunner.engine.plan import read
from jobrunner.engine.post import Post
from jobrunner.engine.reader import Reader
from jobrunner.engine.record import About
from jobrunner.engine.scene import host_of, migrated
from jobrunner.engine.signals import Signals
from jobrunner.engine.sole import held
from jobrunner.engine.state import State, prepare
from jobrunner.engine.stock import ROOM, Stock
from jobrunner.engine.stopping import NEVER
from jobrunner.engine.supervisor import LINGER, Join, Supervisor, alone
from jobrunner.errors import BusyError, JobrunnerError
from jobrunner.jobfile.place import Asker
from jobrunner.process.birth import birth_of
from jobrunner.process.descriptor import keep_from_children, raise_limit, set_limit
from jobrunner.store.fleet import Fleet

LOG_LIMIT = 1 << 20
LOGGER = "jobrunner.supervisor"


def main(argv: Sequence[str]) -> int:
    """Supervise in the background, with a log of its own; 0 if another one does already."""
    options = dict(zip(argv[::2], argv[1::2], strict=True))
    state = State(options["--state"])
    os.chdir("/")
    os.umask(0o022)
    prepare(state)
    journal = journal_of(os.environ)
    _log_to(f"{state.folder}/run/supervisor.log")
    clock = SystemClock()
    try:
        linger = float(options.get("--linger", LINGER))
        is_renewed = supervise(options["--config"], state, clock, linger=linger, journal=journal)
    except BusyError:
        return 0
    except JobrunnerError as error:
        Diary(clock, logger=LOGGER, journal=journal).error(str(error))
        return 1
    if is_renewed:
        become_newer(["supervise", *argv])
    return 0


def supervise(
    path: str, state: State, clock: Clock, *, linger: float, journal: Journal | None = None
) -> bool:
    """Supervise until nothing was to do for so many seconds; True if newer code is to go on.

    `journal` is where standard error led before it was led elsewhere.
    """
    inherited = dict(os.environ)
    soft_files = raise_limit()
    keep_from_children()
    with held(state, clock, is_patient=linger == NEVER):
        asker = Asker(environ=inherited, cwd="/", uid=os.geteuid())
        plan = read(path, state, asker)
        settings = plan.config.settings
        host = host_of(settings)
        ground = Ground(
            state=state,
            host=host,
            clock=clock,
            inherited=inherited,
            soft_files=soft_files,
            stock=Stock(state.spare, ROOM),
            ledger=name_of(settings),
        )
        ground.stock.clear()
        journal = journal or journal_of(inherited)
        diary = Diary(clock, logger=LOGGER, journal=journal)
        where = location(settings, state, inherited)
        store = migrated(state, where, plan.config.cluster.timeout)
        join: Join = alone
        if isinstance(store, Fleet):
            # Hosts of their own need neither the code nor the time.
            from jobrunner.engine.cluster import fellowship  # noqa: PLC0415

            ground = replace(ground, clock=fellowship.clock(clock, store))
            join = fellowship.joining(store, is_ticker=linger == NEVER)
        signals, doorbell = Signals(), Doorbell(state)
        try:
            post = Post(ground, store, _owner(host), plan.config, diary)
            if post.tracing.complaint:
                diary.warning(post.tracing.complaint, About(event="trace"))
            reader = Reader(path, plan, post, asker, where)
            housekeeping = Housekeeping(post, is_ticker=linger == NEVER)
            supervisor = Supervisor(
                post, reader, doorbell, signals, housekeeping, linger=linger, join=join
            )
            return supervisor.run()
        finally:
            ground.stock.clear()
            signals.close()
            store.close()
            set_limit(soft_files)


def _owner(host: str) -> str:
    """Us, among all supervisors that this ledger ever saw."""
    mine = birth_of(os.getpid())
    return f"{host}/{mine.boot[:8]}/{mine.pid}-{mine.started}"


def _log_to(path: str) -> None:
    """Let what is said go to a file, which begins anew when it has become long."""
    with suppress(FileNotFoundError):
        if Path(path).lstat().st_size > LOG_LIMIT:
            Path(path).replace(f"{path}.1")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(path, flags, 0o600)
    os.dup2(file, sys.stderr.fileno())
    os.close(file)


def become_newer(arguments: Sequence[str]) -> NoReturn:
    """Go on as the code that is on disk now: the same process, and so the same children."""
    program = [sys.executable, "-P", "-m", "jobrunner"]
    os.execv(sys.executable, [*program, *arguments])  # noqa: S606 - no shell is wanted
