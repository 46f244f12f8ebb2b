"""The runs: all of them, newest first, and each with its attempts."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from jobrunner.config.zone import host_zone
from jobrunner.engine.fleet import claim_of
from jobrunner.engine.past.rows import RunInFull, RunRow, Wanted, in_full, row, runs
from jobrunner.engine.report.choice import require_tags
from jobrunner.model.run import Run, State, Trigger
from jobrunner.schedule.wall import TICK
from jobrunner.web.answer import reply
from jobrunner.web.api.parameter import LONG, Jobs, Moment, Tags, moment
from jobrunner.web.call import Call, Viewer
from jobrunner.web.contract import answers
from jobrunner.web.paging import FEW, Cursor, Limit, number_after, paged, unknown
from jobrunner.web.subject import RunNumber, run_of

router = APIRouter(prefix="/api/v1/runs", tags=["runs"])


@router.get(
    "",
    operation_id="list_runs",
    responses=answers(RunRow, "Runs, newest first, a page of them", many=True),
)
def every(
    call: Viewer,
    *,
    job: Jobs = [],  # noqa: B006 - it is copied
    state: Annotated[
        list[State], Query(description="Only runs in this state; may be repeated.")
    ] = [],  # noqa: B006
    trigger: Annotated[Trigger | None, Query(description="Only what this asked for.")] = None,
    host: Annotated[
        str | None, Query(max_length=LONG, description="Only what ran on this host last.")
    ] = None,
    since: Annotated[Moment, Query(description="Only what was written since then.")] = "",
    until: Annotated[Moment, Query(description="Only up to then; a day with its end.")] = "",
    tag: Tags = [],  # noqa: B006
    limit: Limit = FEW,
    cursor: Cursor = "",
) -> Response:
    """List runs, with the slots that did not run; of jobs that are no more, too."""
    wanted = Wanted(
        jobs=_names(call, job, tag),
        states=tuple(state),
        trigger=trigger,
        host=host,
        since=moment(since, call.now, "since").first if since else None,
        until=moment(until, call.now, "until").last + TICK if until else None,
        before=_before(call, cursor),
    )
    found = list(islice(runs(call.scene.store, wanted, limit + 1), limit + 1))
    rows = [_row(call, each) for each in found[:limit]]
    return paged(call.request, rows, str(rows[-1].id) if len(found) > limit else None)


@router.get("/{run}", responses=answers(RunInFull, "One run in full"))
def read(call: Viewer, run: RunNumber) -> Response:
    """Show one run with its attempts."""
    found = run_of(call, run)
    job = call.scene.config.jobs.get(found.job)
    store, zone = call.scene.store, host_zone().info
    claimed = claim_of(store, found)
    return reply(call.request, in_full(found, store.attempts(run), job, zone, claimed))


def _row(call: Call, run: Run) -> RunRow:
    return row(run, call.scene.config.jobs.get(run.job), host_zone().info)


def _names(call: Call, jobs: list[str], tags: list[str]) -> tuple[str, ...] | None:
    """The jobs to tell of; None for every one."""
    named = [call.require_known(name) for name in jobs]
    if not tags:
        return tuple(named) or call.names()
    declared = call.scene.config.jobs.values()
    require_tags(tags, declared)
    tagged = [job.name for job in declared if not set(tags).isdisjoint(job.tags)]
    return tuple(name for name in tagged if not named or name in named)


def _before(call: Call, cursor: str) -> int | None:
    """The run that the page before ended with; it has to be there still."""
    last = number_after(cursor)
    if last is not None and call.scene.store.run(last) is None:
        raise unknown()
    return last
