"""Bounds what the state folder holds: history, captured output, what ended attempts left."""

import os
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.engine import daylog
from jobrunner.engine.state import State
from jobrunner.model.settings import Config
from jobrunner.store.base import Store
from jobrunner.store.value import Keep, Pruned, Retention
from jobrunner.words import listed, numbered

# The ledger may be written by others than us: a name from it leads to an output or nowhere.
OUTPUT = re.compile(r"[0-9]+/([0-9]+)-[0-9]+\.log")
FOLDER = re.compile(r"[0-9]+")
SPOOL = re.compile(r"([0-9]+)-[0-9]+")
RESULT = re.compile(r"([0-9]+)-[0-9]+\.json")
# A ledger that is put back from a copy does not know what has begun since; it ends by then.
ORPHANED = timedelta(days=2)
BLOCK = 512
AT_ONCE = 200  # files of one step
OF_FILES = Pruned(seen=0, of=0, removed=0)


class Swept(Struct, frozen=True, kw_only=True):
    """What was taken away."""

    rows: int = 0
    outputs: int = 0
    bytes: int = 0
    orphans: int = 0
    logs: int = 0

    def __str__(self) -> str:
        """In words."""
        return listed(
            [
                numbered(self.rows, "row"),
                f"{numbered(self.outputs, 'output')} of {numbered(self.bytes, 'byte')}",
                numbered(self.orphans, "file") + " of ended attempts",
                *([numbered(self.logs, "file") + " of log_dir"] if self.logs else []),
            ]
        )


class File(Struct, frozen=True, order=True):
    """A file below the state folder, of which run it is, and the room it takes; oldest first."""

    changed_at: float
    run: int
    name: str
    path: str
    size: int


def prune(
    store: Store,
    state: State,
    config: Config,
    now: datetime,
    clock: Clock,
    *,
    on_step: Callable[[Pruned], None] = lambda _: None,
) -> Swept:
    """Take away what is older or more than is to be kept; what was.

    1. Rows of the ledger as `retention` and each job's `keep_runs` say, with their outputs;
    2. outputs older than `retention.logs`; 3. the oldest ones beyond `retention.total_logs`;
    4. what attempts of runs that are over have left for a supervisor; 5. the files of `log_dir` in
    which nothing was written for `retention.logs`.

    Nothing of a run that goes on is touched.
    """
    steps = in_steps(store, state, config, now, clock)
    while True:
        try:
            on_step(next(steps))
        except StopIteration as end:
            swept: Swept = end.value
            return swept


def in_steps(
    store: Store,
    state: State,
    config: Config,
    now: datetime,
    clock: Clock,
    *,
    has_rows: bool = True,
) -> Generator[Pruned, None, Swept]:
    """The same, a little at a time: between two steps there is room for what cannot wait.

    Without `has_rows` another host sees to those, and only files are taken away.
    """
    rows, named = 0, set[str]()
    for step in store.prune(retention(config), now, clock) if has_rows else ():
        rows += step.removed
        named.update(step.outputs)
        yield step
    # What there is comes before who is alive: what begins in between is not seen at all.
    files: list[File] = []
    for some in _batches(_outputs(state)):
        files += some
        yield OF_FILES
    files.sort()
    remains = list(_remains(state))
    live = {run.id for run in store.live()}
    gone: list[File] = []
    for some in _batches(_spent(files, live, named, config, now)):
        gone += [file for file in some if _remove_output(state, file)]
        yield OF_FILES
    orphans = [file for file in remains if file.run not in live and _is_older(file, now, ORPHANED)]
    removed = sum(_remove(file) for file in orphans)
    _remove_empty(f"{state.folder}/output", {state.output(run, 1) for run in live})
    size = sum(file.size for file in gone)
    logs = _remove_logs(config, now)
    return Swept(rows=rows, outputs=len(gone), bytes=size, orphans=removed, logs=logs)


def _batches(files: Iterable[File]) -> Iterator[list[File]]:
    rest = iter(files)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _remove_logs(config: Config, now: datetime) -> int:
    settings = config.settings
    return (
        daylog.remove_old(settings.log_dir, now, settings.retention.logs) if settings.log_dir else 0
    )


def retention(config: Config) -> Retention:
    """How much history stays, as jobs.toml says."""
    rule = config.settings.retention
    own = {job.name: job.keep_runs for job in config.jobs.values() if job.keep_runs is not None}
    return Retention(
        usual=Keep(rule.runs, rule.age),
        jobs={name: Keep(runs, rule.age) for name, runs in own.items()},
        output=rule.logs,
    )


def _spent(
    files: list[File], live: set[int], named: set[str], config: Config, now: datetime
) -> Iterator[File]:
    """The outputs that go, oldest first."""
    rule = config.settings.retention
    room = sum(file.size for file in files)
    for file in files:
        if file.run in live:
            continue
        if file.name in named or _is_older(file, now, rule.logs) or room > rule.total_logs:
            room -= file.size
            yield file


def _outputs(state: State) -> Iterator[File]:
    folder = f"{state.folder}/output"
    for entry in _entries(folder):
        if FOLDER.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, OUTPUT, f"{entry.name}/")


def _remains(state: State) -> Iterator[File]:
    yield from _files(f"{state.folder}/run/spool", SPOOL)
    yield from _files(f"{state.folder}/result", RESULT)


def _files(folder: str, pattern: re.Pattern[str], before: str = "") -> Iterator[File]:
    for entry in _entries(folder):
        name = before + entry.name
        match = pattern.fullmatch(name)
        if match is None:
            continue
        with suppress(FileNotFoundError):  # its supervisor was quicker
            found = entry.stat(follow_symlinks=False)
            yield File(found.st_mtime, int(match[1]), name, entry.path, found.st_blocks * BLOCK)


def _entries(folder: str) -> list["os.DirEntry[str]"]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        return list(entries)
    return []


def _is_older(file: File, now: datetime, age: timedelta) -> bool:
    return now.timestamp() - file.changed_at > age.total_seconds()


def _remove_output(state: State, file: File) -> bool:
    """Take away an output, and what was noted beside it."""
    if not _remove(file):
        return False
    with suppress(OSError):
        os.unlink(state.sightings(file.path))  # noqa: PTH108 - many of them
    return True


def _remove(file: File) -> bool:
    try:
        os.unlink(file.path)  # noqa: PTH108 - many of them
    except OSError:
        return False
    return True


def _remove_empty(folder: str, live: set[str]) -> None:
    """Take away the folders that nothing is in; the newest one is about to be written to."""
    numbers = [int(entry.name) for entry in _entries(folder) if FOLDER.fullmatch(entry.name)]
    in_use = {int(name.partition("/")[0]) for name in live} | {max(numbers, default=0)}
    for number in set(numbers) - in_use:
        with suppress(OSError):  # it is not empty
            os.rmdir(f"{folder}/{number}")  # noqa: PTH106 - see above
