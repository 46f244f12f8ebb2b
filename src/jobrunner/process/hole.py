"""Gives the middle of a file back to the disk."""

import ctypes
import errno
import os

KEEP_SIZE, PUNCH_HOLE = 0x01, 0x02
UNABLE = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.ENODEV, errno.EPERM})

_library = ctypes.CDLL(None, use_errno=True)
# fallocate64 takes 64 bits on any machine; a library without it has them in fallocate.
_fallocate = getattr(_library, "fallocate64", None) or _library.fallocate
_fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
_fallocate.restype = ctypes.c_int


def punch(file: int, start: int, end: int) -> bool:
    """Free the room of these bytes, which read as zeros then; False where the disk cannot."""
    if end <= start:
        return True
    while _fallocate(file, KEEP_SIZE | PUNCH_HOLE, start, end - start):
        number = ctypes.get_errno()
        if number in UNABLE:
            return False
        if number != errno.EINTR:
            raise OSError(number, os.strerror(number))
    return True
