"""The table of `jobrunner history`, for a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import islice

from msgspec import Struct

from jobrunner.cli import pager, table, timezone
from jobrunner.cli.option import manner
from jobrunner.config.spelling import shown
from jobrunner.engine.past import tell
from jobrunner.engine.past.evidence import LONGEST
from jobrunner.engine.scene import Scene
from jobrunner.model.job import Job
from jobrunner.model.run import OMITTED, Run, State
from jobrunner.store.value import Gap
from jobrunner.words import short

MOST_COUNTED = 1000
USUAL = 100  # columns


class View(Struct, frozen=True, kw_only=True):
    """What the table is seen from: several jobs in the host's zone, or one job in its own."""

    here: Scene
    jobs: tuple[str, ...] | None
    zone: tzinfo
    now: datetime

    @property
    def is_of_one(self) -> bool:
        return self.jobs is not None and len(self.jobs) == 1

    def shown_in(self) -> tzinfo:
        job = self.here.config.jobs.get(self.jobs[0]) if self.jobs and self.is_of_one else None
        return timezone.of(job) if job else self.zone


def show(view: View, found: Iterator[Run], most: int | None, *, paged: bool) -> None:
    """So many of the runs, or all, and how many more there are."""
    rows = [*islice(found, most)]
    more = sum(1 for _ in islice(found, MOST_COUNTED))
    with pager.sheet() as sheet:
        if rows:
            _table(view, rows)
        for line in _footer(len(rows), more):
            table.remark(line, indent="")
    pager.show(sheet.lines(), wanted=paged)


def _table(view: View, rows: Sequence[Run]) -> None:
    zone = view.shown_in()
    gaps = _gaps(view, rows)
    planned = [_planned(run).astimezone(zone) for run in rows]
    zones = "/".join(sorted({moment.tzname() or "" for moment in planned}))
    job = () if view.is_of_one else ("JOB",)
    host = ("HOST",) if table.are_many(run.host for run in rows) else ()
    header = (
        *("RUN", *job, f"PLANNED ({zones})", "STARTED", "TOOK", "RESULT", "TRY", *host, "TRIGGER"),
    )
    cells = [_cells(view, run, zone, gaps, (run.host or "-",) * len(host)) for run in rows]
    states = [str(run.state) for run in rows]
    # Reasons are long: where there is room for all columns, they are cut instead.
    optional = () if table.columns() >= USUAL else ("TRY", "STARTED")
    table.show(header, cells, states=states, optional=optional)


def _cells(
    view: View, run: Run, zone: tzinfo, gaps: Sequence[Gap], host: tuple[str, ...]
) -> tuple[str, ...]:
    ran = run.state not in OMITTED
    job = view.here.config.jobs.get(run.job)
    own = () if view.is_of_one else (run.job,)
    started = _started(run, run.started_at, zone) if run.started_at else "-"
    return (
        f"#{run.id}" if ran else "-",
        *own,
        tell.day_and_time(_shown(run), zone),
        started,
        _took(run, view.now),
        tell.result(run),
        _tries(run, job) if ran else "-",
        *host,
        shown(_trigger(run, zone, gaps)),
    )


def _started(run: Run, at: datetime, zone: tzinfo) -> str:
    """How much later than planned, or when."""
    return f"{at.astimezone(zone):%H:%M:%S}" if manner().absolute else tell.after(at, _planned(run))


def _planned(run: Run) -> datetime:
    """When it was to be: its slot, or the moment at which somebody asked for it."""
    return run.scheduled_for or run.created_at


def _shown(run: Run) -> datetime:
    """The same; the second at which somebody asked is no plan."""
    return run.scheduled_for or run.created_at.replace(second=0, microsecond=0)


def _took(run: Run, now: datetime) -> str:
    if run.duration is not None:
        return short(run.duration)
    is_running = run.state is State.RUNNING and run.started_at
    return short(now - run.started_at) if is_running and run.started_at else "-"


def _tries(run: Run, job: Job | None) -> str:
    most = max(run.attempts, 1 + job.retry.attempts) if job else None
    return f"{run.attempts}/{most}" if most else str(run.attempts)


def _trigger(run: Run, zone: tzinfo, gaps: Sequence[Gap]) -> str:
    """What asked for it; in the place of that, why it did not run."""
    if run.state not in OMITTED:
        return tell.trigger(run, zone)
    gap = _gap_of(run, gaps) if run.state is State.MISSED else None
    return f"no tick {tell.without_ticks(gap, _planned(run), zone)}" if gap else run.reason


def _gaps(view: View, rows: Iterable[Run]) -> Sequence[Gap]:
    """The times without ticks, if any row needs them."""
    missed = [_planned(run) for run in rows if run.state is State.MISSED]
    return view.here.store.gaps(min(missed), view.now, LONGEST) if missed else ()


def _gap_of(run: Run, gaps: Iterable[Gap]) -> Gap | None:
    slot = _planned(run)
    return next((gap for gap in gaps if gap.since < slot <= gap.until), None)


def _footer(told: int, more: int) -> Iterator[str]:
    filters = "Filters: --status failed --since 7d --until 1d --trigger manual --tag db"
    total = f"{told + more:,}" if more < MOST_COUNTED else f"more than {told + more:,}"
    yield f"{told:,} of {total}. {filters}" if told else f"No runs. {filters}"
