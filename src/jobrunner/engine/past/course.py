"""One run from its slot to its end: what it was, what it did, what came before and after it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.engine.actions.preview import ground_of
from jobrunner.engine.fleet import claim_of
from jobrunner.engine.recall import Version, version_of
from jobrunner.engine.report.spelling import command_of
from jobrunner.engine.scene import Scene
from jobrunner.errors import UnknownError, UnusableError
from jobrunner.kinds import param
from jobrunner.kinds.trace import trace_id
from jobrunner.kinds.uuid import run_uuid
from jobrunner.model.job import Job
from jobrunner.model.result import Result, from_text
from jobrunner.model.run import Attempt, Run
from jobrunner.model.secret import masked
from jobrunner.store.base import Store
from jobrunner.store.fleet import Claimed
from jobrunner.store.value import RunFilter

MONTH = timedelta(days=30)
# How far to look for the next run of a job: nearby first, for some have one a second.
NEAR = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), MONTH, None)
MOST = 1000  # runs that are looked through
NEWEST = 20  # runs of each job that may follow


class Course(Struct, frozen=True, kw_only=True):
    """Everything about one run.

    `declared` is the job as jobs.toml has it now, None for one that is gone; `command` what ran,
    `is_current` whether that is still what would run.  `variables` are names, `params` what it was
    given.  `before` and `after` are its neighbours among the runs of the job, `follows` is the run
    that it follows in a chain, and `followed_by` are those that follow it.  `claimed` is
    which of many hosts took its slot.
    """

    run: Run
    attempts: tuple[Attempt, ...]
    declared: Job | None
    command: str
    is_current: bool
    variables: tuple[str, ...]
    params: Mapping[str, str]
    result: Result
    p50: timedelta | None
    p95: timedelta | None
    before: Run | None
    after: Run | None
    follows: Run | None
    followed_by: tuple[Run, ...]
    trace: str
    claimed: Claimed | None


def see_course(scene: Scene, run: Run, clock: Clock) -> Course:
    """Everything about one run."""
    store, now = scene.store, clock.now()
    version = _version(scene, run)
    figures = store.statistics(now - MONTH, run.job)
    before, after = beside(store, run, now)
    ground = ground_of(scene.config, scene.state, clock)
    uuid = run_uuid(run.created_at, ground.ledger_name, run.id)
    return Course(
        run=run,
        attempts=tuple(store.attempts(run.id)),
        declared=scene.config.jobs.get(run.job),
        command=(command_of(version.job) or "") if version else "",
        is_current=bool(version and version.is_current),
        variables=tuple(_variables(version)) if version else (),
        params=_params(run),
        result=from_text(run.result) or Result(),
        p50=figures[0].p50 if figures else None,
        p95=figures[0].p95 if figures else None,
        before=before,
        after=after,
        follows=store.run(run.follows) if run.follows is not None else None,
        followed_by=tuple(_followers(scene, run)),
        trace=f"{trace_id(uuid):032x}",
        claimed=claim_of(store, run),
    )


def beside(store: Store, run: Run, now: datetime) -> tuple[Run | None, Run | None]:
    """The runs of the same job before and after this one."""
    earlier = store.runs(RunFilter(job=run.job, before=run.id, limit=1))
    return (earlier[0] if earlier else None), _next(store, run, now)


def _next(store: Store, run: Run, now: datetime) -> Run | None:
    """The oldest of those that came later, looked for in ever longer times."""
    for length in NEAR:
        until = run.created_at + length if length else None
        near = RunFilter(job=run.job, since=run.created_at, until=until, limit=MOST)
        later = [each for each in store.runs(near) if _place(each) > _place(run)]
        if later:
            return later[-1]
        if until and until > now:
            return None
    return None


def _place(run: Run) -> tuple[datetime, int]:
    return run.created_at, run.id


def _version(scene: Scene, run: Run) -> Version | None:
    """What ran, if the ledger knows; a run that waits is started from what is declared."""
    declared = scene.config.jobs.get(run.job)
    if not run.definition:
        is_to_come = run.state.is_live and declared
        return Version(job=declared, is_current=True) if is_to_come and declared else None
    try:
        return version_of(run, scene.store, scene.config.jobs)
    except UnknownError:
        return None


def _variables(version: Version) -> Iterator[str]:
    """The names of what the job sets itself, in the order of the file."""
    yield from version.job.env
    yield from version.lost
    for name in version.job.params:
        yield f"JOBRUNNER_PARAM_{name.upper()}"


def _params(run: Run) -> Mapping[str, str]:
    """What the run was given, without what is a secret by its name."""
    try:
        given = param.given(run.params)
    except UnusableError:  # anybody who may write the ledger may have written it
        return {}
    return {name: masked(name, value) for name, value in given.items()}


def _followers(scene: Scene, run: Run) -> Sequence[Run]:
    """The runs that this one set off, of jobs that are to run after its own."""
    names = [job.name for job in scene.config.jobs.values() if run.job in job.after]
    latest = scene.store.latest(names, NEWEST) if names else {}
    return [each for runs in latest.values() for each in runs if each.follows == run.id]
