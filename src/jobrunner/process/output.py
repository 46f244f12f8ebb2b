"""What a command writes: a file that is bounded while it grows, its head and its tail kept.

The command appends to the file itself, so that its output outlives us.  A look from time to time
gives what lies between head and tail back to the disk; offsets stay, so what is cut is exactly
known from the size alone, by whoever looks next.  Between two looks the file grows freely, and it
does without limit while nobody looks, or where the disk cannot free the middle of a file.
"""

import os
import stat
from collections.abc import Iterator

from msgspec import Struct

from jobrunner.process.hole import punch

MAKE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CHUNK = 256 * 1024


class Output(Struct, frozen=True):
    """How much was written, how much of it a reader is not shown, and what happened to the file.

    `is_bounded` is False where the disk could not give room back.  `was_truncated` says that the
    command cut its output short itself, as `>/dev/stderr` does: then `size` counts from there.
    """

    size: int = 0
    cut: int = 0
    is_bounded: bool = True
    was_truncated: bool = False


class Parts(Struct, frozen=True):
    """What is shown of an output: the lengths of its head and its tail, and what lies between."""

    head: int
    cut: int
    tail: int


def make(path: str, owner: tuple[int, int] | None = None) -> int:
    """A new file to write to; it belongs to the command's user (uid, gid), who may open it again.

    OSError when there is no room, or when the path is taken.
    """
    file = os.open(path, MAKE, 0o600)
    try:
        if owner is not None:
            os.fchown(file, *owner)
        os.fchmod(file, 0o640)
    except OSError:
        os.close(file)
        os.unlink(path)  # noqa: PTH108 - a thousand starts a minute
        raise
    return file


def look(file: int, limit: int, before: Output) -> Output:
    """Keep `limit` bytes, half of them head, half tail; `before` is what the last look found."""
    found = os.fstat(file)
    parts = parted(found.st_size, limit)
    is_bounded = True
    if parts.cut:
        block = max(found.st_blksize, 4096)
        start = -(-parts.head // block) * block
        end = (found.st_size - parts.tail) // block * block
        is_bounded = punch(file, start, end)
    return Output(
        size=found.st_size,
        cut=parts.cut,
        is_bounded=is_bounded,
        was_truncated=before.was_truncated or found.st_size < before.size,
    )


def parted(size: int, limit: int) -> Parts:
    """Which bytes of so many are kept."""
    if size <= limit:
        return Parts(size, 0, 0)
    head = limit // 2
    return Parts(head, size - limit, limit - head)


def open_to_read(path: str) -> int:
    """The file at this path; OSError if it is none, or if another name leads to it.

    Its owner may have put something else there.
    """
    file = os.open(path, READ)
    found = os.fstat(file)
    if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
        return file
    os.close(file)
    raise PermissionError(f"{path}: not a file of jobrunner's")


def shown(file: int, limit: int) -> Iterator[bytes]:
    """What was written, byte for byte, in pieces: head, a line that tells what was cut, tail."""
    return (piece for _, piece in placed(file, limit))


def placed(file: int, limit: int) -> Iterator[tuple[int | None, bytes]]:
    """The same pieces, each with where it stands in the file; None for the line that is ours."""
    size = os.fstat(file).st_size
    parts = parted(size, limit)
    yield from between(file, 0, parts.head)
    if parts.cut:
        yield None, remark(parts.cut)
        yield from between(file, size - parts.tail, size)


def remark(cut: int) -> bytes:
    """The line that stands for so many bytes."""
    return b"\n... %s bytes cut ...\n" % f"{cut:,}".encode()


def between(file: int, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The bytes from one place to another, in pieces, each with where it stands."""
    while start < end:
        piece = os.pread(file, min(CHUNK, end - start), start)
        if not piece:  # cut short meanwhile
            return
        yield start, piece
        start += len(piece)
