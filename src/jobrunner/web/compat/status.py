"""How the scheduler stands, or the one job there was; and whether it is well."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Literal

from fastapi import APIRouter, Request
from msgspec import Struct
from starlette.responses import Response

from jobrunner.config.zone import host_zone
from jobrunner.engine.agenda import pause_of
from jobrunner.engine.past.choose import RAN
from jobrunner.engine.past.rows import RunRow, Wanted, row, runs
from jobrunner.engine.report.overview import see_jobs
from jobrunner.model.run import State
from jobrunner.store.value import ENDS, EVERY_JOB, Totals
from jobrunner.web.answer import reply
from jobrunner.web.api.health import UNREADY, trouble
from jobrunner.web.call import Call, Viewer
from jobrunner.web.compat.meant import Named, meant, only
from jobrunner.web.compat.shape import SchedulerStatus
from jobrunner.web.compat.view import status_of
from jobrunner.web.contract import answers
from jobrunner.web.site import site_of

router = APIRouter(prefix="/api/compat", tags=["compat"])
HOUR = timedelta(hours=1)


class Wellness(Struct, frozen=True, kw_only=True):
    """Whether the ledger can be read and ticks come; if not, what is the matter."""

    status: Literal["healthy", "unhealthy"]
    message: str


@router.get("/status", responses=answers(SchedulerStatus, "How it stands"))
def read_scheduler_status(call: Viewer, named: Named = "") -> Response:
    """Tell how the job that is meant stands, or all jobs where none is."""
    job = meant(call, named) if named else only(call)
    jobs = [job] if job else [*call.scene.config.jobs.values()]
    names = (job.name,) if job else call.names()
    store = call.scene.store
    live = [run for run in store.live() if names is None or run.job in names]
    entries = see_jobs(store, jobs, call.now, recent=False, words=False)
    slots = [one.next_run_at for one in entries if one.next_run_at and not one.paused]
    last = _last(call, names)
    counts = _counts(store.totals(), names)
    every = job.every if job else None
    told = SchedulerStatus(
        running=any(one.enabled and not one.paused for one in entries) if job else _goes_on(call),
        is_processing=any(run.state is State.RUNNING for run in live),
        interval_hours=every / HOUR if every else None,
        last_execution_time=last.started_at if last else None,
        last_execution_duration=last.duration_seconds if last else None,
        last_execution_status=status_of(last.state) if last else None,
        execution_count=sum(counts.values()),
        success_count=counts[State.SUCCESS],
        failure_count=sum(counts.values()) - counts[State.SUCCESS],
        next_execution_in_seconds=max(0.0, (min(slots) - call.now).total_seconds())
        if slots
        else None,
    )
    return reply(call.request, told)


@router.get(
    "/health", responses=answers(Wellness, "All is well", public=True, also={UNREADY: Wellness})
)
def check_health(request: Request) -> Response:
    """Tell whether the ledger can be read and ticks come; if not, what is the matter."""
    problem = trouble(site_of(request))
    told = Wellness(status="unhealthy" if problem else "healthy", message=problem or "All is well.")
    return reply(request, told, status=UNREADY if problem else 200)


def _goes_on(call: Call) -> bool:
    """Whether no pause holds every job."""
    pause = pause_of(EVERY_JOB, call.scene.store.health(), call.now)
    return not (pause and pause.holds(call.now))


def _last(call: Call, names: Sequence[str] | None) -> RunRow | None:
    """The newest execution of these jobs, or of all."""
    wanted = Wanted(jobs=tuple(names) if names is not None else None, states=RAN)
    found = next(islice(runs(call.scene.store, wanted, 1), 1), None)
    if found is None:
        return None
    return row(found, call.scene.config.jobs.get(found.job), host_zone().info)


def _counts(totals: Mapping[str, Totals], names: Collection[str] | None) -> Mapping[State, int]:
    """How executions ended, since the ledger began."""
    chosen = [one for name, one in totals.items() if names is None or name in names]
    return {state: sum(one.slots.get(state, 0) for one in chosen) for state in ENDS}
