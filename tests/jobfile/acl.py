"""Extended attributes for tests, and POSIX ACLs as the kernel keeps them in one."""

import os
import struct
from pathlib import Path

import pytest


def make_acl(user: int, rights: int) -> bytes:
    """An ACL that gives one more user these rights: 4 to read, 2 to write."""
    anybody = 0xFFFFFFFF
    entries = [(1, 6, anybody), (2, rights, user), (4, 4, anybody), (16, rights, anybody)]
    packed = b"".join(struct.pack("<HHI", *entry) for entry in [*entries, (32, 4, anybody)])
    return struct.pack("<I", 2) + packed


def set_attribute(path: Path, name: str, value: bytes) -> None:
    """Set it, or skip the test on a file system that has none."""
    try:
        os.setxattr(path, name, value)
    except OSError as error:
        pytest.skip(f"{name}: {error.strerror}")
