"""Which shared ledger this host works with: one that vanished or was swapped is an alarm.

A note in the state folder tells it, as the file beside a ledger of SQLite does.  Whoever may not
read it works without.
"""

import os
from contextlib import suppress
from pathlib import Path

from jobrunner.engine.state import State
from jobrunner.errors import StoreDamagedError
from jobrunner.jobfile.trust import shown
from jobrunner.store.fleet import Fleet
from jobrunner.store.telling import told

NAME = "run/shared.id"
MODE = 0o600
LONGEST = 4096  # bytes
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Sameness:
    """What is noted of the ledger at a place."""

    def __init__(self, state: State, where: str) -> None:
        self._path = Path(state.folder, NAME)
        self._place = told(where)

    def check_absence(self) -> None:
        """Raise if there was a ledger in this place: it is not to be made anew by itself."""
        if self._noted():
            raise StoreDamagedError(
                f"{self._place}: the ledger that was there is gone. Restore a backup; to begin a"
                f" new one on purpose, remove {shown(str(self._path))}"
            )

    def check(self, fleet: Fleet) -> None:
        """Raise if this is another ledger than was in this place before; note it if none was."""
        noted = self._noted()
        if not noted:
            self._note(fleet.instance)
        elif noted != fleet.instance:
            raise StoreDamagedError(
                f"{self._place}: another ledger ({fleet.instance}) is where {noted} was."
                f" If you put it there, remove {shown(str(self._path))}"
            )

    def _noted(self) -> str:
        """Which ledger was in this place; '' if that is not known."""
        try:
            with open(os.open(self._path, READ), "rb") as file:  # noqa: PTH123 - a descriptor
                content = (file.read(LONGEST) or b"").decode()
        except (OSError, UnicodeDecodeError):
            return ""
        place, _, instance = content.strip().partition("\n")
        return instance if place == self._place else ""

    def _note(self, instance: str) -> None:
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
            with open(os.open(temporary, WRITE, MODE), "wb") as file:  # noqa: PTH123 - see above
                file.write(f"{self._place}\n{instance}\n".encode())
            temporary.replace(self._path)
