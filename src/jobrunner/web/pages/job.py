"""The page of a job: when it runs, how it went, what it is, and what can be asked of it."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from jobrunner.config.spelling import shown
from jobrunner.config.zone import zone_of
from jobrunner.engine.agenda import has_own_schedule
from jobrunner.engine.ahead import Coming, upcoming
from jobrunner.engine.past.evidence import gather
from jobrunner.engine.past.reason import Why, explain
from jobrunner.engine.past.when import Span, span
from jobrunner.engine.report.detail import Detail, Setting
from jobrunner.engine.report.known import known_to
from jobrunner.engine.report.look import see_job
from jobrunner.jobfile.disk import Disk
from jobrunner.model.job import Job
from jobrunner.model.value import Zone
from jobrunner.store.value import RunFilter
from jobrunner.web.call import Call, Viewer
from jobrunner.web.pages.frame import show
from jobrunner.web.pages.history import history_of
from jobrunner.web.pages.row import rows_of
from jobrunner.web.pages.typed import Before
from jobrunner.web.subject import JobName

router = APIRouter(include_in_schema=False)
RECENT = 10  # runs
PAGE = 50
SLOTS = 10
# What is told in words of its own, in this order, and the keys that say it.
WORDS = (
    ("Runs as", "runs_as", ("user", "group", "cwd", "umask")),
    ("Limits", "limits_text", ("timeout", "stop_signal", "kill_after", "slow_after", "limits")),
    ("Retries", "retries_text", ("retry",)),
    ("Overlap", "overlap_text", ("overlap", "lock", "pool", "catch_up", "grace")),
    ("Breaker", "breaker_text", ("breaker",)),
    ("Alerts", "alerts_text", ("notify", "notify_on", "notify_after")),
)

When = Annotated[str, Query(max_length=60)]


@router.get("/jobs/{name}")
def read(call: Viewer, name: JobName, at: When = "") -> Response:
    """Show one job; of one that is declared no more, what is left of it."""
    job = call.scene.config.jobs.get(call.require_known(name))
    zone = zone_of(job)
    why, problem = _why(call, name, at, zone)
    runs = call.scene.store.runs(RunFilter(job=name, limit=RECENT))
    return show(
        call,
        "job.html",
        title=name,
        nav="overview",
        zone=zone,
        name=name,
        job=job,
        detail=see_job(call.scene, job, call.site.asker, call.now) if job else None,
        coming=_coming(call, job) if job else [],
        history=history_of(call, name, job, zone),
        runs=rows_of(call, runs),
        is_more=len(runs) == RECENT,
        why=why,
        at=at,
        problem=problem,
        words=WORDS,
        sees=call.sees,
        own_schedule=bool(job and has_own_schedule(job)),
        value_of=value_of,
        sources_of=sources_of,
    )


@router.get("/jobs/{name}/runs")
def read_runs(call: Viewer, name: JobName, before: Before = None) -> Response:
    """List the runs of one job, newest first."""
    job = call.scene.config.jobs.get(call.require_known(name))
    found = call.scene.store.runs(RunFilter(job=name, before=before, limit=PAGE + 1))
    return show(
        call,
        "job_runs.html",
        title=f"Runs of {name}",
        nav="runs",
        zone=zone_of(job),
        name=name,
        runs=rows_of(call, found[:PAGE]),
        before=before,
        last=found[PAGE - 1].id if len(found) > PAGE else None,
    )


def sources_of(detail: Detail, keys: Sequence[str]) -> Sequence[str]:
    """Where any of these keys is set: "jobs.toml:12", "jobs.toml:3 (defaults)"."""
    return list(dict.fromkeys(_sources(detail.settings, keys)))


def value_of(setting: Setting) -> str:
    """A value as it is told; lists and tables as jobs.toml has them, about."""
    value = setting.value
    return shown(value if isinstance(value, str) else str(value))


def _sources(settings: Sequence[Setting], keys: Sequence[str]) -> Iterator[str]:
    for one in settings:
        if one.key.partition(".")[0] in keys:
            yield f"{one.source} (defaults)" if one.from_defaults else one.source


def _coming(call: Call, job: Job) -> Sequence[Coming]:
    past = known_to(call.scene.store, call.scene.config, call.now, job.name)
    return upcoming(job, call.now, SLOTS, call.now, past)


def _why(call: Call, name: str, at: str, zone: Zone) -> tuple[Why | None, str]:
    """What became of the slot that is asked for, or of the latest; or what is wrong with `at`."""
    asked: Span | None = None
    try:
        asked = span(at, zone.info, call.now) if at else None
    except ValueError as error:
        return None, str(error)
    files = Disk(call.site.asker.uid)
    evidence = gather(call.scene, name, asked, zone=zone.info, now=call.now, files=files)
    return explain(evidence), ""
