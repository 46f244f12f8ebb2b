"""Jobs after jobs: whether a prerequisite is met, and what follows the end of a run."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.model.job import Job
from jobrunner.model.run import Run, State
from jobrunner.model.value import Duration, Moment, Moments
from jobrunner.policy.instant import in_full
from jobrunner.schedule.compose import compose
from jobrunner.words import listed, numbered

INSTANT = timedelta(microseconds=1)
# What narrows the slots of a chain, as it narrows those of a schedule.
WINDOWS = ("start", "end", "between", "skip_dates", "calendar")
ENDED = {
    State.FAILED: "failed",
    State.TIMEOUT: "timed out",
    State.STOPPED: "was stopped",
    State.LOST: "was lost",
    State.SKIPPED: "was skipped",
    State.MISSED: "was missed",
}


class Follow(Struct, frozen=True, kw_only=True):
    """A job of a chain starts now, or is left out for `reason`.

    The slot is that of the run before it: held (`scheduled_for`) if that one holds it, only named
    (`slot_of`) if that one was asked for.  Without either there is no slot in this chain.
    """

    job: str
    scheduled_for: datetime | None
    slot_of: datetime | None = None
    start: bool
    reason: str = ""


def is_chained(job: Job) -> bool:
    """Whether other jobs alone say when it starts."""
    return bool(job.after) and not (job.cron or job.every or job.at or job.schedules)


def followers(jobs: Mapping[str, Job]) -> dict[str, dict[str, Job]]:
    """By the name of each job the jobs of its chains: all that `follow` has to look at."""
    found: dict[str, dict[str, Job]] = {}
    for job in jobs.values():
        for name in job.after if is_chained(job) else ():
            found.setdefault(name, {})[job.name] = job
    return found


def prerequisite(job: Job, since: datetime | None, successes: Mapping[str, datetime]) -> str | None:
    """Why a job with a schedule of its own is to be skipped; None if it may run.

    Each job that it names has to have succeeded after `since`, its previous slot; None is ever.
    """
    lacking = [name for name in job.after if not _has_succeeded(name, since, successes)]
    if not lacking:
        return None
    have = "has" if len(lacking) == 1 else "have"
    when = f"since {in_full(since, job.timezone)}" if since else "yet"
    return f"prerequisite: {listed(lacking)} {have} not succeeded {when}"


def _has_succeeded(name: str, since: datetime | None, successes: Mapping[str, datetime]) -> bool:
    return name in successes and (since is None or successes[name] > since)


def follow(ended: Run, jobs: Mapping[str, Job], ends: Mapping[str, Run]) -> list[Follow]:
    """What the end of a run means for the jobs that wait for its job and for nothing else.

    `ends` has of each job the latest final run of the same slot.

    1. A job is left out as soon as one that it names has ended other than well,
    2. it starts when all have succeeded for this slot, and waits while one is still to come.
    3. A run without a slot goes on only to jobs that name no other.
    4. A slot outside the job's own dates and times is none, and neither is one of a disabled job.

    What is left out ends as skipped, and is to be followed in its turn.
    """
    if ended.state.is_live:
        return []
    return [
        found
        for job in jobs.values()
        if ended.job in job.after and is_chained(job) and (found := _follow(job, ended, ends))
    ]


def _follow(job: Job, ended: Run, ends: Mapping[str, Run]) -> Follow | None:
    slot = ended.scheduled_for or ended.slot_of
    if not job.enabled or (slot is None and len({*job.after}) > 1):
        return None
    if slot and not _has_slot(job, slot):
        return None
    known = {**ends, ended.job: ends.get(ended.job, ended)} if slot else {ended.job: ended}
    return _decide(job, ended, [known.get(name) for name in job.after])


def _decide(job: Job, ended: Run, before: list[Run | None]) -> Follow | None:
    bad = next((run for run in before if run and run.state in ENDED), None)
    if bad is None and None in before:
        return None
    return Follow(
        job=job.name,
        scheduled_for=ended.scheduled_for,
        slot_of=ended.slot_of,
        start=bad is None,
        reason=f"after {bad.job}: {_told(bad)}" if bad else "",
    )


def _told(run: Run) -> str:
    if run.slots > 1:
        return f"{numbered(run.slots, 'slot')} {ENDED[run.state].replace('was', 'were')}"
    return f"#{run.id} {ENDED[run.state]}"


def _has_slot(job: Job, slot: datetime) -> bool:
    """Whether the job's dates and times let a slot of a chain through."""
    if not any(getattr(job, key) for key in WINDOWS):
        return True
    alone = replace(job, at=Moments((Moment(slot),)), initial_delay=Duration())
    return compose(alone, slot).next_after(slot - INSTANT) == slot
