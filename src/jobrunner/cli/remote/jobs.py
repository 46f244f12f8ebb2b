"""The jobs that the other host has declared: asked for one by one, all at once where many are."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from jobrunner.cli.remote.line import Line, part
from jobrunner.cli.remote.zoned import zone_of, zoned
from jobrunner.config.zone import host_zone
from jobrunner.engine.past.rows import RunRow
from jobrunner.engine.report.detail import Detail
from jobrunner.engine.report.overview import Entry
from jobrunner.model.job import Job, Retry
from jobrunner.model.value import Duration, Zone

FEW = 3
MOST = 500


class Entries(Struct, frozen=True):
    """A page of jobs."""

    items: tuple[Entry, ...]
    next_cursor: str | None


class FarJobs(Mapping[str, Job]):
    """Jobs by name: of each what is needed to tell of its runs."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._known: dict[str, Entry | None] = {}
        self._most: dict[str, int] = {}
        self._all: Sequence[Entry] | None = None

    def __getitem__(self, name: str) -> Job:
        entry = self._entry(name)
        if entry is None:
            raise KeyError(name)
        timeout = entry.timeout_seconds
        return Job(
            name=entry.name,
            tags=entry.tags,
            timezone=Zone(entry.timezone, zone_of(entry.timezone) or host_zone().info),
            retry=Retry(attempts=self._most.get(name, 1) - 1),
            timeout=Duration(seconds=timeout) if timeout is not None else None,
        )

    def __iter__(self) -> Iterator[str]:
        return (entry.name for entry in self.entries())

    def __len__(self) -> int:
        return len(self.entries())

    def entries(self) -> Sequence[Entry]:
        """How all of them are, in the order of their file."""
        if self._all is None:
            self._all = [*self._pages()]
            self._known = {entry.name: entry for entry in self._all}
        return self._all

    def detail(self, name: str) -> Detail:
        """One in full; it has to be there."""
        found = self._line.get(f"jobs/{part(name)}", Detail)
        return zoned(found, found.timezone)

    def note(self, row: RunRow) -> None:
        """Learn from a run how many attempts its job has."""
        if row.max_attempts is not None:
            self._most[row.job] = row.max_attempts

    def _entry(self, name: str) -> Entry | None:
        if self._all is None and len(self._known) >= FEW:
            self.entries()
        if self._all is None and name not in self._known:
            self._known[name] = self._line.find(f"jobs/{part(name)}", Detail)
        return self._known.get(name)

    def _pages(self) -> Iterator[Entry]:
        cursor: str | None = ""
        while cursor is not None:
            query = [("limit", MOST), ("cursor", cursor)]
            page = self._line.get("jobs", Entries, query)
            yield from (zoned(entry, entry.timezone) for entry in page.items)
            cursor = page.next_cursor
