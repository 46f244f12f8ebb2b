"""A user's crontab, which only the program `crontab` may read and write."""

from contextlib import suppress
from pathlib import Path

from jobrunner.engine.install.call import call
from jobrunner.errors import BusyError, ForbiddenError, JobrunnerError

# What Debian's `crontab -l` shows of a carriage return; an editor is given the byte itself.
SPELT = b"\\r"
# What the different crons say of a user without a crontab.
NONE = ("no crontab for", "can't open")


def read(program: str, user: str = "") -> bytes | None:
    """What that user's holds, by default one's own; None if there is none."""
    words = _words(program, user)
    said = call([*words, "-l"])
    if not said.code:
        return _exact(words) if SPELT in said.out else said.out
    if any(words in said.complaint for words in NONE):
        return None
    raise ForbiddenError(f"the crontab cannot be read: {said.complaint}.")


def _words(program: str, user: str) -> list[str]:
    return [program, "-u", user] if user else [program]


def _exact(words: list[str]) -> bytes:
    said = call([*words, "-e"], VISUAL="cat", EDITOR="cat")
    if said.code:
        raise ForbiddenError(f"the crontab cannot be read: {said.complaint}.")
    return said.out


def write(program: str, old: bytes | None, new: bytes | None, user: str = "") -> None:
    """Put a new one in the place of the old one; BusyError if that is not there any more.

    ForbiddenError if it is not taken, JobrunnerError if not as it is.
    """
    words = _words(program, user)
    if read(program, user) != old:
        raise BusyError("the crontab was changed by somebody else meanwhile; nothing is done.")
    said = call([*words, "-r"]) if new is None else call([*words, "-"], new)
    if said.code:
        raise ForbiddenError(f"crontab does not take the new crontab: {said.complaint}.")
    if read(program, user) != new:
        raise JobrunnerError("crontab did not keep the crontab as it was given; see: crontab -l")


class Copy:
    """The crontab as it was before, kept in the state folder."""

    def __init__(self, state: str) -> None:
        self._folder = Path(state, "install")
        self._file = self._folder / "crontab"

    def keep(self, content: bytes | None) -> None:
        self.drop()
        if content is not None:
            self._folder.mkdir(0o700, parents=True, exist_ok=True)
            self._file.touch(0o600)
            self._file.write_bytes(content)

    def read(self) -> bytes | None:
        """What was kept; None if there was no crontab, or nothing is kept."""
        with suppress(OSError):
            return self._file.read_bytes()
        return None

    def drop(self) -> None:
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
            self._folder.rmdir()
