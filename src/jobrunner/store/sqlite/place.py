"""Where the file lies, and whether it is still the one that was opened.  Looks, never opens."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from jobrunner.errors import StoreAbsentError, StoreDamagedError, StoreForbiddenError

FOLDER_MODE = 0o2770
FILE_MODE = 0o660
# SQLite's locks do not hold between the hosts that mount these, and its log needs shared memory.
SHARED_FILE_SYSTEMS = frozenset(
    {
        *("9p", "afs", "beegfs", "ceph", "cifs", "coda", "gfs", "gfs2", "glusterfs", "gpfs"),
        *("fuse.ceph", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs", "lustre", "ncpfs"),
        *("nfs", "nfs4", "ocfs2", "smb2", "smb3", "smbfs", "virtiofs"),
    }
)

Inode = tuple[int, int]


class Place:
    """The path of a ledger, and the file that lay there when it was opened.

    Nothing here opens the database or the files beside it: closing them would drop the locks that
    SQLite holds in this process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.identity = beside(path, ".id")
        self._log = beside(path, "-wal")
        self._seen: dict[Path, Inode] = {}

    def examine(self) -> None:
        """Refuse what is not a file of the ledger's own that this user may write."""
        found = self._stat()
        if not stat.S_ISREG(found.st_mode):
            raise StoreForbiddenError(f"{self.path}: not a regular file")
        if found.st_nlink > 1:
            raise StoreForbiddenError(f"{self.path}: has {found.st_nlink} names, which is unsafe")
        if os.statvfs(self.path).f_flag & os.ST_RDONLY:
            raise StoreForbiddenError(
                f"{self.path}: lies on a file system that is mounted read-only; mount it to be"
                " written, and look in `dmesg` why it was not"
            )
        if not self.is_ours():
            raise StoreForbiddenError(
                f"{self.path}: uid {os.geteuid()} may not write it and its folder"
                f" (mode {stat.S_IMODE(found.st_mode):04o}, owner {found.st_uid}:{found.st_gid})"
            )
        self._refuse_strangers()
        self._seen[self.path] = (found.st_dev, found.st_ino)

    def note_log(self) -> None:
        """Remember the write-ahead log too: it stays the same while anybody has it open."""
        try:
            found = os.lstat(self._log)
        except OSError as error:
            raise StoreDamagedError(f"{self._log}: vanished while in use ({error})") from error
        self._seen[self._log] = (found.st_dev, found.st_ino)

    def check(self) -> None:
        """Raise if the file that was opened no longer lies there: what is written would be lost."""
        for path, inode in self._seen.items():
            try:
                found = os.lstat(path)
            except OSError as error:
                raise StoreDamagedError(f"{path}: vanished while in use ({error})") from error
            if (found.st_dev, found.st_ino) != inode:
                raise StoreDamagedError(f"{path}: was replaced by another file while in use")
        if self._seen:
            self._check_size()

    def has(self, path: Path) -> bool:
        """Whether a path is the ledger's, or that of one of the files beside it."""
        family = path.name == self.path.name or path.name.startswith(
            (f"{self.path.name}-", f"{self.path.name}.")
        )
        return family and path.parent.resolve() == self.path.parent.resolve()

    def is_ours(self) -> bool:
        """Whether this user may write the file, and make files beside it."""
        return os.access(self.path, os.R_OK | os.W_OK, effective_ids=True) and os.access(
            self.path.parent, os.W_OK | os.X_OK, effective_ids=True
        )

    def _refuse_strangers(self) -> None:
        """Refuse what SQLite would not open beside the file, and say so."""
        for ending in ("-wal", "-shm"):
            path = beside(self.path, ending)
            with suppress(FileNotFoundError):
                if not stat.S_ISREG(os.lstat(path).st_mode):
                    raise StoreForbiddenError(f"{path}: not a regular file")

    def _stat(self) -> os.stat_result:
        try:
            found = os.lstat(self.path)
        except FileNotFoundError as error:
            raise self._absence() from error
        except OSError as error:
            advice = ": ask as its owner, or as root" if isinstance(error, PermissionError) else ""
            raise StoreForbiddenError(
                f"{self.path}: uid {os.geteuid()} cannot reach it ({error.strerror}){advice}"
            ) from error
        self._check_size()
        return found

    def _absence(self) -> StoreDamagedError | StoreAbsentError:
        if os.path.lexists(self.identity):
            return StoreDamagedError(
                f"{self.path}: vanished; {self.identity.name} says that there was a ledger."
                " Restore a backup to this path, or see `jobrunner db recover`"
            )
        return StoreAbsentError(
            f"{self.path}: there is no ledger yet; `jobrunner db migrate` makes one"
        )

    def _check_size(self) -> None:
        found = os.lstat(self.path)
        if stat.S_ISREG(found.st_mode) and found.st_size == 0:
            raise StoreDamagedError(
                f"{self.path}: empty, which a ledger never is; see `jobrunner db recover`"
            )


def beside(path: Path, ending: str) -> Path:
    """The file next to a database that SQLite or we name after it."""
    return path.with_name(path.name + ending)


def refuse_journal(path: Path) -> None:
    """Raise if there is a rollback journal, which no ledger has: its folder is others' to write.

    SQLite would do what it says, and that may be to remove any file of the host.
    """
    journal = beside(path, "-journal")
    if os.path.lexists(journal):
        raise StoreForbiddenError(
            f"{journal}: no ledger has such a file, and SQLite would remove what it names;"
            " find out who made it, and move it away"
        )


def refuse_shared(path: Path, device: int, mounts: str) -> None:
    """Raise if the device is a file system that several hosts share."""
    kind = file_system(device, mounts)
    if kind in SHARED_FILE_SYSTEMS:
        raise StoreForbiddenError(
            f"{path}: lies on {kind}, where locks do not hold between hosts;"
            " put the state folder on a disk of this host"
        )


def file_system(device: int, mounts: str) -> str:
    """The type of the file system with this device number, from the text of mountinfo.

    Unknown to it, as some subvolumes are, it is '': those are local.
    """
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in mounts.splitlines():
        mounted, _, source = line.partition(" - ")
        if mounted.split(" ")[2:3] == [wanted]:
            return source.split(" ")[0]
    return ""
