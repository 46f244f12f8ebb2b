"""What the supervisor leaves for ticks, so that one can see at a glance that nothing is to be done.

A small file in the state folder: for which code, host, boot, configuration and ledger it was
written, and the prints of the files that say what runs.  Whatever is unexpected about it means that
there may be something to do.  Every tick reads it, so that this imports next to nothing.  A ledger
that hosts share is not looked into: somebody is always awake for it, and has only to be rung for.
"""

import os
import stat

from jobrunner.engine.watch import Prints, code_version, same
from jobrunner.errors import StoreError
from jobrunner.store.sqlite import glance as ledger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from jobrunner.engine.state import State

FORMAT = "jobrunner glance 2"
SHARED = "shared"  # what is noted in the place of a ledger's path
BOOT = "/proc/sys/kernel/random/boot_id"
NAME = "run/glance"
END = "\0"
MOST_BYTES = 4 * 1024 * 1024
MODE = 0o600
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# Ticks come every minute; so much later than the one before, one was left out.
LONGEST = 90_000_000  # microseconds


class Glance:
    """What was noted, and where the state folder is for which it was."""

    def __init__(self, folder: str, fields: list[str]) -> None:
        self.folder = folder
        self.code, self.boot, self.node, self.config, self.host, self.ledger = fields[:6]
        self.application, self.schema, self.device, self.inode = map(int, fields[6:10])
        self.prints: Prints = tuple(fields[10:])

    @property
    def is_shared(self) -> bool:
        """Whether the ledger is one that many hosts write."""
        return self.ledger == SHARED

    @property
    def socket(self) -> str:
        return f"{self.folder}/run/socket"

    def is_of(self, config: str) -> bool:
        """Whether it was written here, by this code, since the start of the host, for this file."""
        here = (code_version(), _boot(), _node(), really(config))
        return (self.code, self.boot, self.node, self.config) == here and self._has_its_ledger()

    def is_current(self) -> bool:
        """Whether the files still say what they did."""
        return same(self.prints)

    def wake_at(self, now: int) -> int | None:
        """Note the tick, and tell when something comes due: instants in microseconds.

        None if nothing is to come; StoreError if the ledger cannot be had.  Of a shared one only
        the supervisor knows, who is rung for each time.
        """
        if self.is_shared:
            return now
        return ledger.glance(
            self.ledger,
            host=self.host,
            now=now,
            longest=LONGEST,
            application=self.application,
            schema=self.schema,
        )

    def _has_its_ledger(self) -> bool:
        """Whether the file is the one that was proved; it is looked at, not opened."""
        if self.is_shared:
            return True
        try:
            found = os.lstat(self.ledger)
        except OSError:
            return False
        is_file = stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_size > 0
        return is_file and (found.st_dev, found.st_ino) == (self.device, self.inode)


def read(folder: str) -> Glance | None:
    """What was noted for this state folder, or for the one that it points to; None if nothing.

    None, too, if somebody else may have written it: what it says decides whether jobs run.
    """
    fields = _fields(folder)
    if fields[:1] == ["elsewhere"] and len(fields) == 2:  # noqa: PLR2004 - the word and the place
        folder = fields[1]
        fields = _fields(folder)
    if fields[:1] != ["here"]:
        return None
    try:
        return Glance(folder, fields[1:])
    except ValueError:
        return None


def write(state: "State", config: str, prints: Prints, *, host: str = "", place: str = "") -> None:
    """Note how things are; `prints` were taken before the configuration was read.

    `place` is where the ledger is, if not in the state folder: a path, or SHARED.  What cannot be
    noted is not there: ticks wake somebody, and nothing is missed.
    """
    place = place or state.ledger
    try:
        about = (code_version(), _boot(), _node(), really(config), host or _node(), place)
        _put(state.folder, ("here", *about, *map(str, _numbers(place)), *prints))
    except (OSError, StoreError):
        _unlink(state.glance)


def _numbers(place: str) -> "tuple[int, ...]":
    if place == SHARED:
        return (0, 0, 0, 0)
    found = os.lstat(place)
    return (*ledger.kind(place), found.st_dev, found.st_ino)


def point(folder: str, state: "State") -> None:
    """Note in a folder, where ticks look first, that the state is in another one."""
    os.makedirs(f"{folder}/run", 0o700, exist_ok=True)  # noqa: PTH103 - paths are strings here
    _put(folder, ("elsewhere", state.folder))


def really(config: str) -> str:
    """The name by which a jobs.toml is known, however it was reached."""
    folder, _, name = config.rpartition("/")
    return f"{os.path.realpath(folder or '/').rstrip('/')}/{name}"


def _put(folder: str, fields: tuple[str, ...]) -> None:
    """Whole or not at all: a power cut may leave an empty file, but the next boot is another."""
    path = f"{folder}/{NAME}"
    temporary = f"{path}.{os.getpid()}"
    content = END.join((FORMAT, *fields, "")).encode(errors="surrogateescape")
    _unlink(temporary)
    file = os.open(temporary, WRITE, MODE)
    try:
        os.fchmod(file, MODE)
        while content:
            content = content[os.write(file, content) :]
        os.replace(temporary, path)  # noqa: PTH105 - paths are strings here
    except BaseException:
        _unlink(temporary)
        raise
    finally:
        os.close(file)


def _fields(folder: str) -> list[str]:
    """What the file says; nothing if it is not there, not whole, or not to be trusted."""
    try:
        file = os.open(f"{folder}/{NAME}", READ)
    except (OSError, ValueError):
        return []
    try:
        found = os.fstat(file)
        if not _is_trusted(found) or found.st_size > MOST_BYTES:
            return []
        content = os.read(file, found.st_size + 1)
    except OSError:
        return []
    finally:
        os.close(file)
    words = content.decode(errors="surrogateescape").split(END)
    is_whole = len(content) == found.st_size and words[0] == FORMAT and not words[-1]
    return words[1:-1] if is_whole else []


def _is_trusted(found: os.stat_result) -> bool:
    is_ours = found.st_uid in {0, os.geteuid()}
    return is_ours and stat.S_ISREG(found.st_mode) and not found.st_mode & 0o022


def _boot() -> str:
    try:
        file = os.open(BOOT, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(file, 100).decode().strip()
    finally:
        os.close(file)


def _node() -> str:
    return os.uname().nodename


def _unlink(path: str) -> None:
    try:  # noqa: SIM105 - contextlib is one import more for every tick
        os.unlink(path)  # noqa: PTH108 - paths are strings here
    except FileNotFoundError:
        pass
