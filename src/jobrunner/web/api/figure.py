"""Figures over all jobs: what is to come, what the past came to, and what did not happen."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from msgspec.structs import replace
from starlette.responses import Response

from jobrunner.config.zone import host_zone
from jobrunner.engine.actions.ask import known
from jobrunner.engine.ahead import Ahead, ahead
from jobrunner.engine.figures.gaps import Gaps, see_gaps
from jobrunner.engine.figures.hosts import RunsByHost, see_by_host
from jobrunner.engine.figures.load import Load
from jobrunner.engine.figures.stats import Figures, see_some, wanted_of
from jobrunner.engine.report.known import known_to
from jobrunner.web.answer import reply
from jobrunner.web.api.parameter import Distance, Jobs, Moment, distance, moment
from jobrunner.web.call import Viewer
from jobrunner.web.contract import answers
from jobrunner.web.outlook import load_of, usual_of
from jobrunner.web.paging import FEW as PAGE
from jobrunner.web.paging import Cursor, Limit, after, paged, unknown

router = APIRouter(prefix="/api/v1", tags=["figures"])
YEAR = timedelta(days=366)
QUARTER = timedelta(days=92)
FEW = 3
MOST = 500


@router.get("/next", operation_id="list_slots", responses=answers(Ahead, "The slots to come"))
def coming(
    call: Viewer,
    *,
    job: Jobs = [],  # noqa: B006 - it is copied
    within: Distance = "24h",
    each: Annotated[int, Query(ge=1, le=MOST, description="How many slots of a job.")] = FEW,
) -> Response:
    """Tell what is due next, of every job or of some."""
    here = call.scene
    far = distance(within, "within", YEAR)
    wanted = [known(here, call.require(name)) for name in job] or [*here.config.jobs.values()]
    past = known_to(here.store, here.config, call.now, [each.name for each in wanted if job])
    if not job:
        past = replace(past, usual=usual_of(call))
    return reply(call.request, ahead(wanted, call.now, far, each, past))


@router.get(
    "/stats",
    operation_id="list_stats",
    responses=answers(Figures, "The figures of each job", many=True),
)
def stats(
    call: Viewer,
    *,
    job: Jobs = [],  # noqa: B006 - it is copied
    since: Moment = "30d",
    limit: Limit = PAGE,
    cursor: Cursor = "",
) -> Response:
    """Tell what the runs of each job came to since then: of jobs that are no more, too."""
    begins, start = moment(since, call.now, "since").first, after(cursor)
    asked = [call.require_known(name) for name in dict.fromkeys(job)]
    wanted = wanted_of(call.scene, asked, begins)
    names = [name for name in wanted.names if call.sees(name)]
    if start is not None and start not in names:
        raise unknown()
    first = names.index(start) + 1 if start is not None else 0
    shown = names[first : first + limit]
    found = see_some(call.scene, wanted, shown, begins, call.now)
    return paged(call.request, found, shown[-1] if names[first + limit :] else None)


@router.get(
    "/stats/hosts",
    operation_id="list_stats_by_host",
    responses=answers(RunsByHost, "The hosts on which anything ended, by name"),
)
def by_host(
    call: Viewer,
    *,
    job: Jobs = [],  # noqa: B006 - it is copied
    since: Moment = "30d",
) -> Response:
    """Tell what the runs since then that are kept came to on each host that shares the ledger."""
    begins = moment(since, call.now, "since").first
    names = tuple(call.require_known(name) for name in dict.fromkeys(job)) or call.names()
    return reply(call.request, see_by_host(call.scene, names, begins))


@router.get(
    "/gaps", operation_id="list_gaps", responses=answers(Gaps, "What did not happen, oldest first")
)
def gaps(
    call: Viewer,
    *,
    job: Jobs = [],  # noqa: B006 - it is copied
    since: Moment = "7d",
) -> Response:
    """Tell which slots did not run, and when no tick came, with what that cost."""
    begins = moment(since, call.now, "since").first
    names = tuple(call.require_known(name) for name in dict.fromkeys(job)) or call.names()
    found = see_gaps(call.scene, names, begins, call.now, host_zone().info)
    return reply(call.request, found)


@router.get(
    "/load", operation_id="read_load", responses=answers(Load, "How full the time ahead is")
)
def load(call: Viewer, *, within: Distance = "7d") -> Response:
    """Tell how full the time ahead is: how many runs at once, and which will meet.

    It is found out once a minute.
    """
    return reply(call.request, load_of(call, distance(within, "within", QUARTER)))
