"""Jobs and runs in the shapes that users of other schedulers know."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from msgspec.structs import asdict

from jobrunner.config.zone import host_zone
from jobrunner.engine.draft.slug import slug
from jobrunner.engine.past.rows import RunRow, row
from jobrunner.engine.report.overview import Entry, see_jobs
from jobrunner.engine.scene import Scene
from jobrunner.model.job import Job
from jobrunner.model.run import Run, State
from jobrunner.model.value import Moment
from jobrunner.store.base import Store
from jobrunner.web.compat.shape import Execution, ExecutionOfJob, JobInFull, JobInList

# Their words where they have one; what else a job can be keeps ours.
STATUSES = {"never": "active", "timeout": "failed", "lost": "failed", "stopped": "failed"}


def listed(store: Store, jobs: Iterable[Job], now: datetime) -> list[JobInList]:
    """A row for each of these jobs."""
    return [_in_list(one) for one in see_jobs(store, jobs, now, recent=False, words=False)]


def in_full(store: Store, job: Job, now: datetime) -> JobInFull:
    """One job with its latest execution."""
    return JobInFull(
        **asdict(listed(store, [job], now)[0]),
        latest_execution=latest(store, job),
        start_date=_date(job.start),
        end_date=_date(job.end),
        timezone=job.timezone.name,
        max_retries=job.retry.attempts,
        retry_delay=job.retry.delay.total_seconds(),
    )


def latest(store: Store, job: Job) -> Execution | None:
    """The newest execution of a job."""
    runs = store.executions(job.name, skip=0, limit=1)[1]
    return _execution(row(runs[0], job)) if runs else None


def executions(scene: Scene, runs: Iterable[Run]) -> Sequence[ExecutionOfJob]:
    """These runs, each in the zone of its job."""
    zone = host_zone().info
    return [execution(run, scene.config.jobs.get(run.job), zone) for run in runs]


def execution(run: Run, job: Job | None, zone: tzinfo) -> ExecutionOfJob:
    found = row(run, job, zone)
    return ExecutionOfJob(**asdict(_execution(found)), job_id=run.job, state=found.state)


def status_of(state: str) -> str:
    """Their word for how a job or a run stands."""
    return STATUSES.get(state, state)


def _execution(one: RunRow) -> Execution:
    return Execution(
        id=one.id,
        started_at=one.started_at,
        finished_at=one.finished_at,
        duration_seconds=one.duration_seconds,
        success=None if one.state.is_live else one.state is State.SUCCESS,
        message=one.message or one.reason or one.error,
        result_data=one.data,
    )


def _in_list(one: Entry) -> JobInList:
    return JobInList(
        job_id=one.name,
        name=_called(one),
        description=one.description,
        next_run=None if one.paused else one.next_run_at,
        trigger=one.schedule,
        enabled=one.enabled,
        status=status_of(one.status),
    )


def _called(one: Entry) -> str:
    """What it was called when it was added here: that is its description, and made its name."""
    return one.description if slug(one.description) == one.name else one.name


def _date(moment: Moment | None) -> str | None:
    return moment.value.isoformat() if moment else None
