"""The other host: it is asked what this one would be asked, and asked for the same."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self, cast

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.cli.remote.address import address_of, token_of
from jobrunner.cli.remote.following import Follower
from jobrunner.cli.remote.jobs import MOST, FarJobs
from jobrunner.cli.remote.kept import copied
from jobrunner.cli.remote.line import Line, NowhereError, part
from jobrunner.cli.remote.orders import Orders
from jobrunner.cli.remote.past import Past, since
from jobrunner.cli.remote.zoned import zoned
from jobrunner.clock import Clock
from jobrunner.config.quantity import spelt
from jobrunner.engine.actions.follow import Event
from jobrunner.engine.actions.told import Usual
from jobrunner.engine.ahead import Ahead
from jobrunner.engine.figures.hosts import RunsByHost
from jobrunner.engine.figures.stats import Figures
from jobrunner.engine.past import log
from jobrunner.engine.past.log import Log, Seen
from jobrunner.engine.past.reason import Why
from jobrunner.engine.report.detail import Detail
from jobrunner.engine.report.health import Overall
from jobrunner.engine.report.host import Roster
from jobrunner.engine.report.overview import Entry
from jobrunner.engine.scene import Scene
from jobrunner.engine.state import State
from jobrunner.errors import JobrunnerError, UnknownError
from jobrunner.model.job import Job
from jobrunner.model.run import Attempt, Run
from jobrunner.model.settings import Config
from jobrunner.process.sighting import UNKNOWN, Sightings

if TYPE_CHECKING:
    from jobrunner.store.base import Store

MOST_SLOTS = 500
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime.fromtimestamp(0, UTC)
PACE = 0.5  # seconds between two questions for the same


class Counted(Struct, frozen=True):
    """A page of figures."""

    items: tuple[Figures, ...]
    next_cursor: str | None


class Glimpse(Struct, frozen=True):
    """How much there was at one look; `at` is None where nobody knows when that was."""

    at: datetime | None
    size: int


class Times(Struct, frozen=True):
    """How much of an output there was by when."""

    looks: tuple[Glimpse, ...]


class Unhurried:
    """A clock for who asks again and again over a network."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def elapsed(self) -> float:
        return self._clock.elapsed()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(max(seconds, PACE))


class Far(Orders):
    """One host, behind its `serve`."""

    def __init__(self, line: Line, clock: Clock) -> None:
        super().__init__(line, Unhurried(clock))
        self._jobs = FarJobs(line)
        self._past = Past(line, self._jobs)
        self._quick = clock
        # Of the store there is what commands ask that look back.
        self.scene = Scene(
            config=Config(origin=line.address.url, jobs=self._jobs),
            state=State(""),
            store=cast("Store", self._past),
        )

    @classmethod
    def of(cls, url: str, environ: Mapping[str, str], clock: Clock) -> Self:
        """The host that the variables name."""
        return cls(Line(address_of(url, environ), token_of(environ)), clock)

    @property
    def url(self) -> str:
        """Where it is."""
        return self._line.address.url

    # -- how it is

    def entries(self) -> Sequence[Entry]:
        return self._jobs.entries()

    def detail(self, job: str) -> Detail:
        return self._jobs.detail(job)

    def ahead(self, jobs: Iterable[str], within: timedelta, most: int | None) -> Ahead:
        query: list[tuple[str, object]] = [("job", job) for job in jobs]
        query += [("within", spelt(within)), ("each", most or MOST_SLOTS)]
        found = self._line.get("next", Ahead, query)
        slots = tuple(zoned(slot, slot.timezone) for slot in found.slots)
        return replace(found, slots=slots)

    def overall(self) -> Overall:
        return self._line.get("status", Overall)

    def hosts(self) -> Roster:
        return self._line.get("hosts", Roster)

    def stats(self, jobs: Iterable[str], begins: datetime) -> Sequence[Figures]:
        query = [*since(begins), *(("job", job) for job in jobs), ("limit", MOST)]
        found: list[Figures] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self._line.get("stats", Counted, [*query, ("cursor", cursor)])
            found += page.items
            cursor = page.next_cursor
        return found

    def by_host(self, jobs: Iterable[str], begins: datetime) -> RunsByHost:
        query = [*since(begins), *(("job", job) for job in jobs)]
        try:
            return self._line.get("stats/hosts", RunsByHost, query)
        except NowhereError:  # an older one
            return RunsByHost(since=begins.date(), is_shared=False, hosts=())

    def why(self, job: str, at: str | None) -> Why:
        return self._line.get(f"jobs/{part(job)}/why", Why, [("at", at)] if at else [])

    # -- its runs

    def job(self, name: str) -> Job:
        self.detail(name)  # which says what was meant, where there is none
        return self._jobs[name]

    def check(self, job: Job, params: Mapping[str, str]) -> None:
        """The other host knows which there are, and says so when it is asked to run it."""

    def follow(
        self, run: int, *, only: int | None = None, from_first: bool = True
    ) -> Iterator[Event]:
        line, past, clock = self._line, self._past, self._quick
        return Follower(line, past, clock, run, only=only, from_first=from_first).events()

    def usual(self, job: str) -> Usual:
        found = self._line.find(f"jobs/{part(job)}", Detail)
        if found is None or found.p50_seconds is None:
            return Usual(None)
        return Usual(timedelta(seconds=found.p50_seconds), found.successes)

    def pid(self, _run: Run) -> int | None:
        """It would be of another host."""
        return None

    def rouse(self, _run: Run) -> None:
        """Whoever looks after its runs is awakened there."""

    @contextmanager
    def opened(self, run: Run, attempt: Attempt) -> Iterator[Log]:
        try:
            content = self._line.raw(f"runs/{run.id}/log", [("attempt", attempt.number)])
        except UnknownError as error:  # the run is there: what it wrote is not
            raise JobrunnerError(str(error)) from None
        with copied(content, attempt) as kept:
            yield kept

    def seen(self, run: Run, attempt: Attempt) -> Seen | None:
        query = [("attempt", attempt.number)]
        found = self._line.find(f"runs/{run.id}/log/times", Times, query)
        pairs = [(_micros(one.at), one.size) for one in found.looks] if found else []
        return log.seen_by(Sightings(pairs), attempt)


def _micros(at: datetime | None) -> int:
    """The instant as it stands beside an output."""
    return UNKNOWN if at is None else (at - EPOCH) // MICROSECOND
