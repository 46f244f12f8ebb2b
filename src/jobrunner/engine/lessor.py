"""Whoever gives leases, as `claims` names it: asked, and left alone for a moment when silent."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from jobrunner.engine.diary import Diary
from jobrunner.engine.given import given
from jobrunner.engine.ground import Ground
from jobrunner.engine.location import location
from jobrunner.engine.record import About
from jobrunner.errors import JobrunnerError
from jobrunner.lease import open_lease
from jobrunner.lease.base import Lease, LeaseError, Who
from jobrunner.model.settings import Settings
from jobrunner.store.location import path_of
from jobrunner.store.sqlite import identity

KEY = "claims"
SHY = 5.0  # seconds until it is asked again, so that jobs are seen to meanwhile
# Seconds of silence after which what needs it is decided without it: a restart takes less.
PATIENCE = 30.0

Answer = TypeVar("Answer")


class Lessor:
    """Opened when it is first asked; what cannot be asked or opened raises LeaseError."""

    def __init__(self, ground: Ground, diary: Diary | None = None) -> None:
        """Trouble is told to the diary, if there is one."""
        self.is_named = False  # in jobs.toml
        self._ground = ground
        self._diary = diary
        self._settings = Settings()
        self._lease: Lease | None = None
        self._silent_since: float | None = None
        self._shy_until = 0.0

    @property
    def is_given_up(self) -> bool:
        """Whether it has been silent for so long that nobody waits for it."""
        since = self._silent_since
        return since is not None and self._ground.clock.elapsed() - since >= PATIENCE

    def heed(self, settings: Settings, *, is_shared: bool) -> None:
        """Ask whom these settings name from now on: nobody, where hosts share the ledger."""
        if settings != self._settings:
            self.close()
        self._settings = settings
        is_named = bool(settings.claims or settings.claims_file or settings.claims_env)
        self.is_named = is_named and not is_shared

    def ask(self, question: Callable[[Lease], Answer]) -> Answer:
        now = self._ground.clock.elapsed()
        if now < self._shy_until:
            raise LeaseError("it was silent a moment ago")
        try:
            answer = question(self._opened())
        except JobrunnerError as error:
            self._note_silence(error)
            raise LeaseError(str(error)) from error
        if self._silent_since is not None and self._diary:
            self._diary.info("claims can be had again", About(event="claims"))
        self._silent_since = None
        return answer

    def close(self) -> None:
        self._drop()
        self._shy_until = 0.0

    def _opened(self) -> Lease:
        if self._lease is None:
            url = given(self._settings, KEY, self._ground.inherited)
            self._lease = open_lease(url, _who(self._settings, self._ground))
        return self._lease

    def _drop(self) -> None:
        if self._lease is not None:
            self._lease.close()
        self._lease = None

    def _note_silence(self, error: JobrunnerError) -> None:
        self._drop()  # its address may be another one by then
        now = self._ground.clock.elapsed()
        self._shy_until = now + SHY
        if self._silent_since is None:
            self._silent_since = now
        if self._diary:
            self._diary.error(f"claims cannot be had: {error}", About(event="claims"))


def _who(settings: Settings, ground: Ground) -> Who:
    """This host and its ledger: a copy of either alone is somebody else."""
    where = location(settings, ground.state, ground.inherited)
    own = identity.read(Path(f"{path_of(where)}.id"))
    return Who(ground.host, own or ground.ledger_name)
