"""Whether the files that say what runs are still those that were read, and the code that read them.

Every tick asks, so that this imports nothing but `os`.
"""

import os
import stat
import sys
from _imp import source_hash

import jobrunner
from jobrunner.clock import micros

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Prints = tuple[str, ...]

WILD = frozenset("*?[")
# Where the rules of time zones come from beside the package tzdata: an update renames files in.
ZONES = ("/etc/localtime", "/usr/share/zoneinfo", "/usr/share/zoneinfo/tzdata.zi")
# A change so soon after another may leave no trace in the times, which some disks keep in steps.
YOUNG = 2_000_000_000  # nanoseconds
ABSENT = "absent"
PART = 1 << 20
KEY = 1
# Of the files that a tick imports this one is never left as it was by an upgrade.
CODE = jobrunner.__file__


def _identity() -> str:
    found = os.stat(CODE)  # noqa: PTH116 - a tick has no time for pathlib
    return f"{jobrunner.__version__}+{found.st_ino:x}.{found.st_mtime_ns:x}"


# As it was when this process read it: an upgrade replaces the files underneath.
_CODE_VERSION = _identity()


def code_version() -> str:
    """Which code this process runs; a reinstallation of the same version is another one."""
    return _CODE_VERSION


def take(paths: "Iterable[str]", patterns: "Iterable[str]") -> Prints:
    """The prints of these files, of the folders in which the patterns look, and of the time zones.

    To be taken before the files are read: what changes meanwhile is then seen as a change.
    """
    # The files' times are this host's, whatever clock a schedule is seen by.
    young_since = micros() * 1000 - YOUNG
    places = [*paths, *ZONES, *_zone_package()]
    for pattern in patterns:
        places += _folders(pattern)
    return tuple(_print(path, young_since) for path in dict.fromkeys(places))


def same(prints: Prints) -> bool:
    """Whether nothing has changed since they were taken."""
    return all(_holds(each) for each in prints)


def settled(prints: Prints) -> Prints:
    """The same prints, cheaper to compare, once the files are old enough; as they were if not."""
    if not same(prints):
        return prints
    young_since = micros() * 1000 - YOUNG
    return tuple(_print(each.split(" ", 2)[2], young_since) for each in prints)


def _print(path: str, young_since: int) -> str:
    """Numbers of the file, its content in a number if it is young, and its path."""
    found = _stat(path)
    if found is None:
        return f"{ABSENT} - {path}"
    is_young = max(found.st_ctime_ns, found.st_mtime_ns) >= young_since
    is_hashed = is_young and stat.S_ISREG(found.st_mode)
    return f"{_numbers(found)} {_content(path) if is_hashed else '-'} {path}"


def _holds(each: str) -> bool:
    numbers, content, path = each.split(" ", 2)
    found = _stat(path)
    if found is None:
        return numbers == ABSENT
    return numbers == _numbers(found) and content in {"-", _content(path) if content != "-" else ""}


def _numbers(found: os.stat_result) -> str:
    return ":".join(
        f"{number:x}"
        for number in (
            found.st_dev,
            found.st_ino,
            found.st_size,
            found.st_mtime_ns,
            found.st_ctime_ns,
        )
    )


def _content(path: str) -> str:
    """Tells two versions of a file apart that are alike in all numbers; no defence against anyone.

    A file that cannot be read is like no other, itself included.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            parts = iter(lambda: os.read(file, PART), b"")
            # By which Python tells sources apart: it is there already, whatever else is not.
            return source_hash(KEY, b"".join(parts)).hex()
        finally:
            os.close(file)
    except OSError:
        return "?"


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - a tick has no time for pathlib
    except (OSError, ValueError):
        return None


def _zone_package() -> "Iterator[str]":
    """The package tzdata, which serves hosts without zones of their own."""
    places = (f"{folder}/tzdata/__init__.py" for folder in sys.path)
    found = next((place for place in places if _stat(place)), None)
    if found:
        yield found


def _folders(pattern: str) -> "Iterator[str]":
    """Every folder in which a new name may be one more match: more of them than must be."""
    first, *parts = pattern.split("/")
    found = [first]
    is_behind = False
    for part in parts:
        is_wild = not WILD.isdisjoint(part)
        is_behind |= is_wild
        if is_behind:
            yield from (folder or "/" for folder in found)
        if is_wild:
            found = [below for folder in found for below in _below(folder or "/")]
        else:
            found = [f"{folder}/{part}" for folder in found]


def _below(folder: str) -> "Iterator[str]":
    try:
        with os.scandir(folder) as entries:
            yield from (entry.path for entry in entries if entry.is_dir())
    except OSError:
        return
