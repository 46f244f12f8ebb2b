"""What an attempt that is about to start has to know, and the kind that makes a task of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.engine.ground import Ground
from jobrunner.engine.launch import Prepare
from jobrunner.engine.post import Post
from jobrunner.engine.tenure import WITHOUT
from jobrunner.jobfile.disk import Disk
from jobrunner.kinds import kind, param
from jobrunner.kinds.task import Account, Setting, Task
from jobrunner.kinds.uuid import run_uuid
from jobrunner.model.job import Job, Timing
from jobrunner.model.run import Run
from jobrunner.process.identity import Identity
from jobrunner.schedule.compose import compose
from jobrunner.store.value import Mark
from jobrunner.template import Facts

MOMENT = timedelta(microseconds=1)


class Known(Struct, frozen=True):
    """What the ledger tells of a run and its job before an attempt begins."""

    previous_success: datetime | None
    first_seen_at: datetime


def preparer(post: Post, runs: Iterable[Run]) -> Prepare:
    """Makes tasks of these runs.

    What the ledger tells of them is read now, before any begins: while it cannot be had they go on
    waiting, and no attempt fails of it.
    """
    known = _known(post, [*runs])

    def prepare(run: Run, job: Job, identity: Identity) -> Task:
        whole = setting(post.ground, run, job, identity, known[run.id])
        fence = WITHOUT if post.claims.is_lacking(run) else post.tenure.fence(run.id)
        networks = post.config.settings.allow_private_urls
        return kind.prepare(replace(whole, networks=networks, fence=fence))

    return prepare


def setting(ground: Ground, run: Run, job: Job, identity: Identity, known: Known) -> Setting:
    """All that the kind of a job may ask for."""
    slot = run.scheduled_for or run.slot_of
    timing = timing_of(job, slot, known.first_seen_at) if slot else None
    return Setting(
        job=job,
        run=run,
        facts=Facts(
            slot=slot or run.created_at,
            zone=_zone(job, timing),
            previous_success=known.previous_success,
            run_id=run.id,
            attempt=run.attempts,
            params=param.values(job, run.params),
        ),
        max_attempts=job.retry.attempts + 1,
        host=ground.host,
        uuid=run_uuid(run.created_at, ground.ledger_name, run.id),
        account=Account(identity.name, identity.home, identity.shell),
        inherited=ground.inherited,
        result_path=ground.state.result(run.id, run.attempts),
        mark=ground.mark(run.id, run.attempts),
        read=Disk(identity.uid).read,
        timing_env=_env(timing),
    )


def timing_of(job: Job, slot: datetime, seen: datetime) -> Timing | None:
    """Which of several schedules a slot is of, if a tick first saw the job at `seen`."""
    return next((timing for timing in job.schedules if _has(timing, job, slot, seen)), None)


def _has(timing: Timing, job: Job, slot: datetime, seen: datetime) -> bool:
    alone = replace(
        job,
        cron=timing.cron,
        every=timing.every,
        at=timing.at,
        schedules=(),
        timezone=timing.timezone or job.timezone,
        initial_delay=timedelta(),  # says which slots there are, not whose they are
    )
    return compose(alone, seen).next_after(slot - MOMENT) == slot


def _zone(job: Job, timing: Timing | None) -> tzinfo:
    return ((timing and timing.timezone) or job.timezone).info


def _env(timing: Timing | None) -> Mapping[str, str]:
    return timing.env if timing else {}


def _known(post: Post, runs: Sequence[Run]) -> dict[int, Known]:
    """What is to be known of each run, by its number."""
    successes = post.store.last_successes(run.job for run in runs)
    asks = any(job.schedules for run in runs if (job := post.jobs.get(run.job)))
    marks = post.store.marks() if asks else {}
    return {
        run.id: _of(run, successes.get(run.job), marks.get((run.job, run.place))) for run in runs
    }


def _of(run: Run, success: datetime | None, mark: Mark | None) -> Known:
    return Known(
        previous_success=success, first_seen_at=mark.first_seen_at if mark else run.created_at
    )
