"""What the other host remembers: of its ledger, what commands that look back ask for."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from jobrunner.cli.remote.jobs import FarJobs
from jobrunner.cli.remote.line import Line, Query, part
from jobrunner.engine.figures.gaps import Gaps
from jobrunner.engine.past.rows import AttemptRow, RunInFull, RunRow
from jobrunner.engine.report.request import Asked
from jobrunner.errors import UnknownError
from jobrunner.model.result import Result, to_text
from jobrunner.model.run import Attempt, Run, State
from jobrunner.store.value import Gap, Mark, Request, RunFilter

MOST = 500  # rows of a page
SECOND = timedelta(seconds=1)
LIVE = tuple(state for state in State if state.is_live)


class Runs(Struct, frozen=True):
    """A page of runs."""

    items: tuple[RunRow, ...]
    next_cursor: str | None


class Past:
    """Its runs, attempts and requests, under the names that they have in a `Store`."""

    def __init__(self, line: Line, jobs: FarJobs) -> None:
        self._line, self._jobs = line, jobs
        self._onward: dict[int, str | None] = {}  # where the page after a run is

    def run(self, run: int) -> Run | None:
        found = self._line.find(f"runs/{run}", RunInFull)
        return self._run(found) if found else None

    def attempts(self, run: int) -> list[Attempt]:
        found = self._line.find(f"runs/{run}", RunInFull)
        return [attempt_of(one, run) for one in found.each_attempt] if found else []

    def runs(self, wanted: RunFilter) -> list[Run]:
        if wanted.jobs == ():
            return []  # of no job, which a query cannot say
        query = _asked(wanted)
        if wanted.before is not None:
            cursor = self._onward.get(wanted.before)
            if cursor is None:
                return []  # the page before was the last one
            query.append(("cursor", cursor))
        page = self._line.get("runs", Runs, query)
        if page.items:
            self._onward[page.items[-1].id] = page.next_cursor
        return [self._run(row) for row in page.items]

    def latest(self, jobs: Iterable[str], count: int = 1) -> dict[str, list[Run]]:
        found = {job: self._of_job(job, count) for job in jobs}
        return {job: runs for job, runs in found.items() if runs}

    def live(self) -> list[Run]:
        """All of them: there are never many pages of what goes on."""
        found, wanted = [], RunFilter(states=LIVE, limit=MOST)
        while page := self.runs(wanted):
            found += page
            wanted = RunFilter(states=LIVE, limit=MOST, before=page[-1].id)
        return sorted(found, key=lambda run: run.id)

    def marks(self) -> dict[tuple[str, str], Mark]:
        """None: only whose name is mistyped asks for those of jobs that are no more."""
        return {}

    def gaps(self, since: datetime, until: datetime, _longest: timedelta) -> list[Gap]:
        found = self._line.get("gaps", Gaps, [("since", _told(since))])
        silences = (one for one in found.stretches if one.kind == "no_tick")
        return [Gap(one.since, one.until) for one in silences if one.since < until]

    def request(self, request: int) -> Request | None:
        found = self._line.find(f"requests/{part(request)}", Asked)
        if found is None:
            return None
        return Request(
            id=found.request,
            kind=found.kind,
            job=found.job,
            run=found.run,
            asked_by=found.asked_by,
            asked_at=found.asked_at,
            answered_at=found.answered_at,
            done=None if found.state == "waiting" else found.state == "done",
            answer=found.answer,
        )

    def close(self) -> None:
        """Nothing is held open between two questions."""

    def _of_job(self, job: str, count: int) -> list[Run]:
        try:
            return self.runs(RunFilter(job=job, limit=count))
        except UnknownError:
            return []

    def _run(self, row: RunRow) -> Run:
        self._jobs.note(row)
        return run_of(row)


def run_of(row: RunRow) -> Run:
    """The run that a row tells of, but for what no row tells."""
    has_result = row.data is not None or row.metrics
    return Run(
        id=row.id,
        job=row.job,
        scheduled_for=row.scheduled_for,
        slot_of=row.slot_of,
        slots_until=row.slots_until,
        slots=row.slots,
        trigger=row.trigger,
        state=row.state,
        reason=row.reason,
        asked_by=row.asked_by,
        host=row.host,
        created_at=row.created_at,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        exit_code=row.exit_code,
        signal=row.signal,
        duration=_length(row.duration_seconds),
        cpu=_length(row.cpu_seconds),
        max_rss=row.max_rss_bytes,
        message=row.message,
        result=to_text(Result(data=row.data, metrics=row.metrics) if has_result else None),
        error=row.error,
        output_size=row.output_bytes,
        output_cut=row.output_cut_bytes,
    )


def attempt_of(row: AttemptRow, run: int) -> Attempt:
    """The same of an attempt."""
    return Attempt(
        run=run,
        number=row.number,
        state=row.state,
        reason=row.reason,
        host=row.host,
        owner="",
        started_at=row.started_at,
        finished_at=row.finished_at,
        exit_code=row.exit_code,
        signal=row.signal,
        duration=_length(row.duration_seconds),
        cpu=_length(row.cpu_seconds),
        max_rss=row.max_rss_bytes,
        message=row.message,
        error=row.error,
        output_size=row.output_bytes,
        output_cut=row.output_cut_bytes,
    )


def _asked(wanted: RunFilter) -> list[tuple[str, object]]:
    """A filter as parameters; the moment before which runs are wanted is no part of the time."""
    query: list[tuple[str, object]] = [("limit", min(wanted.limit, MOST))]
    query += [("job", job) for job in wanted.jobs or ()]
    query += [("job", wanted.job)] if wanted.job is not None else []
    query += [("state", state) for state in wanted.states]
    query += [("trigger", wanted.trigger)] if wanted.trigger else []
    query += [("host", wanted.host)] if wanted.host else []
    query += [("since", _told(wanted.since))] if wanted.since else []
    # A second that is named is meant with its end.
    query += [("until", _told(wanted.until - SECOND))] if wanted.until else []
    return query


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _length(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def since(moment: datetime) -> Query:
    """A parameter that asks for what was since then."""
    return [("since", _told(moment))]
