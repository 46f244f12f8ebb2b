"""The files that are one database: SQLite's own, its log, and the index of that."""

from pathlib import Path

from jobrunner.store.sqlite.place import beside

FILES = ("", "-wal", "-shm")


def last_written(path: Path) -> list[tuple[int, int]]:
    """The size and time of each file that commits go to."""
    found = [beside(path, ending) for ending in ("", "-wal")]
    states = [each.stat() for each in found if each.exists()]
    return [(state.st_size, state.st_mtime_ns) for state in states]


def move(path: Path, to: Path) -> None:
    for ending in FILES:
        if beside(path, ending).exists():
            beside(path, ending).rename(beside(to, ending))


def remove(path: Path) -> None:
    for ending in (*FILES, "-journal"):
        beside(path, ending).unlink(missing_ok=True)
