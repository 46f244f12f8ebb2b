"""Runs that no supervisor looks after: each belongs to the process of `jobrunner exec` itself."""

import os
import signal

from msgspec import Struct

from jobrunner.engine.attempt import forget
from jobrunner.engine.ending import judged
from jobrunner.engine.ground import Ground
from jobrunner.engine.unseen import NO_KEEPER, end_rest, left, started_at
from jobrunner.model.job import Job
from jobrunner.model.run import Run, State
from jobrunner.model.value import Zone
from jobrunner.process.birth import Birth, birth_of, boot_id, open_pidfd, status
from jobrunner.process.find import keepers
from jobrunner.store.base import Store
from jobrunner.store.value import Ending

KIND = "exec"
PARTS = 5


class Outsider(Struct, frozen=True):
    """A process that looks after a run of its own, as the ledger names it for an owner."""

    host: str
    birth: Birth

    def __str__(self) -> str:
        birth = self.birth
        return f"{KIND}/{self.host}/{birth.boot}/{birth.pid}/{birth.started}"

    def is_alive(self) -> bool:
        if self.birth.boot != boot_id():
            return False
        found = status(self.birth.pid)
        return found is not None and found.started == self.birth.started and not found.is_dead

    def ask_to_stop(self) -> bool:
        """Ask it to end its command, as Ctrl-C does; False if it is gone, or somebody else's."""
        if not self.is_alive():
            return False
        pidfd = open_pidfd(self.birth.pid, self.birth.started)
        if pidfd is None:
            return False
        try:
            signal.pidfd_send_signal(pidfd, signal.SIGTERM)
        except (ProcessLookupError, PermissionError):
            return False
        finally:
            os.close(pidfd)
        return True


def here(host: str) -> Outsider:
    """This process."""
    return Outsider(host, birth_of(os.getpid()))


def outsider(owner: str) -> Outsider | None:
    """Who an owner of the ledger is; None if it is a supervisor."""
    parts = owner.split("/")
    if parts[0] != KIND or len(parts) != PARTS or not (parts[3] + parts[4]).isdigit():
        return None
    return Outsider(parts[1], Birth(int(parts[3]), parts[2], int(parts[4])))


def sweep(store: Store, ground: Ground, zone: Zone) -> list[Run]:
    """End the runs of this host whose process is gone, as far as they have ended; which these are.

    1. A command that is still running goes on: its keeper stores the code, for a later sweep.
    2. One that has ended gets its true code, and one without is lost.
    3. A run that was waiting for its attempt is over.
    """
    deserted = [run for run in store.live() if _is_left(run, ground.host)]
    if not deserted:
        return []
    alive = keepers()
    ended = [run for run in deserted if ground.mark(run.id, run.attempts) not in alive]
    for run in ended:
        if run.state is State.RUNNING:
            _end(store, ground, run, zone)
        else:
            state = State.STOPPED if run.attempts else State.SKIPPED
            reason = "its jobrunner exec was killed while it waited"
            store.withdraw(run.id, state, reason, owner=run.owner, now=ground.clock.now())
    return ended


def put_down(store: Store, ground: Ground, run: Run, zone: Zone) -> bool:
    """End a run whose process is gone and whose command is not; False if that is not ours to do."""
    if not _is_left(run, ground.host):
        return False
    keeper = keepers().get(ground.mark(run.id, run.attempts))
    end_rest(run, ground, keeper or NO_KEEPER)
    sweep(store, ground, zone)
    return True


def _is_left(run: Run, host: str) -> bool:
    owner = outsider(run.owner)
    return owner is not None and owner.host == host and not owner.is_alive()


def _end(store: Store, ground: Ground, run: Run, zone: Zone) -> None:
    rest = left(run, started_at(run, store), ground)
    outcome = judged(run, Job(name=run.job, timezone=zone), rest, ground)
    store.finish([Ending(run=run.id, attempt=run.attempts, outcome=outcome)], owner=run.owner)
    forget(run.id, run.attempts, ground)
