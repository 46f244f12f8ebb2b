"""The jobs: how they are, what is to come of each, and why one did or did not start."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from jobrunner.config.zone import zone_of
from jobrunner.engine.actions.ask import known
from jobrunner.engine.ahead import Coming, upcoming
from jobrunner.engine.figures.stats import Figures, see_stats
from jobrunner.engine.past.evidence import gather
from jobrunner.engine.past.reason import Why, explain
from jobrunner.engine.report.choice import FAILING, SORTS, Choice, see_page
from jobrunner.engine.report.detail import Detail
from jobrunner.engine.report.known import known_to
from jobrunner.engine.report.look import see_job
from jobrunner.engine.report.overview import STATUSES, Entry
from jobrunner.jobfile.disk import Disk
from jobrunner.web.answer import reply
from jobrunner.web.api.parameter import Moment, Tags, among, moment
from jobrunner.web.call import Viewer
from jobrunner.web.contract import answers
from jobrunner.web.paging import FEW, Cursor, Limit, Page, after, paged, unknown
from jobrunner.web.subject import JobName

router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"])
MOST_SLOTS = 100
Status = Annotated[str, *among((*STATUSES, FAILING))]
Sort = Annotated[str, *among(SORTS)]


@router.get(
    "", operation_id="list_jobs", responses=answers(Entry, "Jobs, a page of them", many=True)
)
def every(
    call: Viewer,
    *,
    tag: Tags = [],  # noqa: B006 - it is copied
    status: Annotated[
        list[Status],
        Query(description="Only jobs that are so; may be repeated. `failing`: all that fail."),
    ] = [],  # noqa: B006
    q: Annotated[str, Query(description="Only jobs in which this stands.", max_length=200)] = "",
    sort: Annotated[
        Sort,
        Query(description="As in the file, by name; due next, ran last, or failing first."),
    ] = "file",
    limit: Limit = FEW,
    cursor: Cursor = "",
) -> Response:
    """List the jobs and how they are."""
    choice = Choice(tags=tuple(tag), statuses=tuple(status), text=q, sort=sort)
    here, start = call.scene, after(cursor)
    found = see_page(
        here.store, here.config.jobs.values(), choice, call.now, after=start, count=limit
    )
    if found is None:
        raise unknown()
    entries, is_more = found
    return paged(call.request, entries, entries[-1].name if is_more else None)


@router.get("/{name}", responses=answers(Detail, "One job in full"))
def read(call: Viewer, name: JobName) -> Response:
    """Show one job: its effective configuration with sources, and what came of it."""
    job = known(call.scene, call.require(name))
    return reply(call.request, see_job(call.scene, job, call.site.asker, call.now))


@router.get(
    "/{name}/next",
    operation_id="list_slots_of_job",
    responses=answers(Coming, "Its next slots", many=True),
)
def coming(
    call: Viewer,
    name: JobName,
    *,
    count: Annotated[int, Query(ge=1, le=MOST_SLOTS, description="How many slots.")] = 10,
    since: Annotated[
        Moment, Query(alias="from", description="From when on; now, if not said.")
    ] = "",
) -> Response:
    """Tell when a job is due next."""
    job = known(call.scene, call.require(name))
    begins = call.now
    if since:
        begins = moment(since, call.now, "from", job.timezone.info).first
    past = known_to(call.scene.store, call.scene.config, call.now, name)
    return reply(call.request, Page(upcoming(job, begins, count, call.now, past)))


@router.get(
    "/{name}/why", operation_id="explain_job", responses=answers(Why, "What became of a slot")
)
def why(
    call: Viewer,
    name: JobName,
    *,
    at: Annotated[Moment, Query(description="The slot then, in the job's zone.")] = "",
) -> Response:
    """Tell why a job did or did not start, at its latest slot or at another one."""
    zone = zone_of(call.scene.config.jobs.get(call.require_known(name))).info
    asked = moment(at, call.now, "at", zone) if at else None
    files = Disk(call.site.asker.uid)
    found = gather(call.scene, name, asked, zone=zone, now=call.now, files=files)
    return reply(call.request, explain(found))


@router.get(
    "/{name}/stats",
    operation_id="read_stats_of_job",
    responses=answers(Figures, "What its runs came to"),
)
def stats(call: Viewer, name: JobName, *, since: Moment = "30d") -> Response:
    """Tell what the runs of a job came to: how they ended, what they took, whether that grows."""
    begins = moment(since, call.now, "since").first
    found = see_stats(call.scene, [call.require_known(name)], begins, call.now)
    return reply(call.request, found[0])
