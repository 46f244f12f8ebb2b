"""Why the ledger has nothing on a slot: there was none, or nobody could have seen it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.engine.agenda import has_own_schedule
from jobrunner.engine.past import tell
from jobrunner.engine.past.cause import source_of
from jobrunner.engine.past.evidence import Evidence
from jobrunner.engine.report.spelling import schedule_of
from jobrunner.model.job import Job
from jobrunner.schedule.compose import REBOOT, first_instant, last_instant
from jobrunner.words import listed, short

TICK_NOW = "See to it at once: jobrunner tick   Is a ticker installed? jobrunner status"


class Absence(Struct, frozen=True):
    """Why there is nothing: a word, a sentence, what to do about it."""

    verdict: str
    summary: str
    advice: tuple[str, ...] = ()


Rule = Callable[[Evidence, Job], Absence | None]


def absence(evidence: Evidence) -> Absence:
    """The first of these that holds.

    1. The job is declared no more, disabled, or has no schedule of its own.
    2. There is no slot at that time; it lies ahead.
    3. No tick had seen the job, or its present schedule, at that time.
    4. The next tick will see to it; what was there is forgotten.
    """
    job = evidence.job
    if job is None:
        return Absence("removed", f"{evidence.name} is in jobs.toml no more, and nothing is due.")
    found = (rule(evidence, job) for rule in RULES)
    return next((one for one in found if one), None) or _forgotten(evidence, job)


def _disabled(evidence: Evidence, job: Job) -> Absence | None:
    if job.enabled:
        return None
    source = source_of("enabled", job, evidence.origin)
    advice = f"To run it all the same: jobrunner run {job.name}"
    return Absence("disabled", f"{job.name} is disabled: {source}.", (advice,))


def _by_hand(evidence: Evidence, job: Job) -> Absence | None:
    is_of_boot = REBOOT in job.cron and evidence.nearest == (None, None)
    if has_own_schedule(job) and not is_of_boot:
        return None
    if evidence.asked is not None and evidence.latest is not None:
        return Absence("not_a_slot", f"{job.name} did not run at {_asked(evidence)}.")
    if job.after:
        names = listed(job.after)
        others = tuple(f"How it is: jobrunner why {name}" for name in job.after)
        return Absence("waits", f"{job.name} starts when {names} succeeded, and has not.", others)
    if is_of_boot:
        return Absence("waits", f"{job.name} starts at the first tick after the next boot.")
    if job.every:
        return _from_end(evidence, job)
    advice = f"Run it: jobrunner run {job.name}   Give it a schedule: cron, every or at"
    return Absence("by_hand", f"{job.name} has no schedule: it is run by hand only.", (advice,))


def _from_end(evidence: Evidence, job: Job) -> Absence | None:
    """A job whose slots count from the end of its runs knows its next one, and no other."""
    next_at = evidence.mark.next_at if evidence.mark else None
    if next_at is None:
        return _not_seen(evidence, job)
    return Absence(
        "future", f"{job.name} has not run yet; it is due at {_told(evidence, next_at)}."
    )


def _no_slot(evidence: Evidence, job: Job) -> Absence | None:
    if evidence.slot is not None:
        return None
    zone = job.timezone.info
    before, after = evidence.nearest
    if job.end and evidence.asked and evidence.asked.first > last_instant(job.end, zone):
        source = source_of("end", job, evidence.origin)
        return Absence("ended", f"{job.name} had ended by {_asked(evidence)}: {source}.")
    if job.start and (
        evidence.asked is None or evidence.asked.last < first_instant(job.start, zone)
    ):
        first = f"; its first slot is {_told(evidence, after)}" if after else ""
        source = source_of("start", job, evidence.origin)
        return Absence("not_begun", f"{job.name} has not begun: {source}{first}.")
    if evidence.asked is None:
        first = f"; its first one is {_told(evidence, after)}" if after else ", and none is to come"
        return Absence("not_begun", f"{job.name} has had no slot yet{first}.")
    told = [_told(evidence, slot) for slot in (before, after) if slot]
    near = f" The nearest: {listed(told)}." if told else ""
    what = f"{job.name} has no slot at {_asked(evidence)} ({schedule_of(job)})"
    return Absence("not_a_slot", f"{what}.{near}")


def _ahead(evidence: Evidence, job: Job) -> Absence | None:
    if evidence.slot is None or evidence.slot <= evidence.now:
        return None
    left = short(evidence.slot - evidence.now)
    return Absence("future", f"{job.name} is due at {_slot(evidence)}, in {left}.")


def _not_seen(evidence: Evidence, job: Job) -> Absence | None:
    if evidence.mark is not None:
        return None
    what = f"No tick has seen {job.name} yet; its slots count from the first one that does"
    return Absence("not_seen", f"{what}.", (TICK_NOW,))


def _before_first_sight(evidence: Evidence, job: Job) -> Absence | None:
    mark, slot = evidence.mark, evidence.slot
    if mark is None or slot is None or slot > mark.first_seen_at:
        return None
    seen = _told(evidence, mark.first_seen_at)
    what = f"{job.name} did not start at {_slot(evidence)}: a tick first saw it at {seen}"
    return Absence("not_seen", f"{what}. Adding a job never fires its past.")


def _changed(evidence: Evidence, job: Job) -> Absence | None:
    if evidence.is_current:
        return None
    what = f"The schedule of {job.name} was changed, and no tick has seen the change yet"
    return Absence(
        "not_seen", f"{what}; its slots count from the first one that does.", (TICK_NOW,)
    )


def _not_looked_at(evidence: Evidence, job: Job) -> Absence | None:
    mark, slot = evidence.mark, evidence.slot
    if mark is None or slot is None or slot <= mark.looked_at:
        return None
    if evidence.pause is not None:
        return Absence(
            "paused", f"{job.name} is paused at {_slot(evidence)} by {evidence.pause.by}."
        )
    due = f"{job.name} is due since {_slot(evidence)}"
    if evidence.gap is None:
        ago = short(evidence.now - slot)
        return Absence("due", f"{due} ({ago} ago): the next tick sees to it.")
    since = tell.near(evidence.gap.since, evidence.now, evidence.zone)
    return Absence("due", f"{due}, but no tick ran since {since}.", (TICK_NOW,))


def _forgotten(evidence: Evidence, job: Job) -> Absence:
    what = f"Nothing is recorded of {job.name} at {_slot(evidence)}"
    if evidence.slot and evidence.slot < evidence.now - evidence.age:
        days = evidence.age // timedelta(days=1)
        return Absence(
            "forgotten", f"{what}: history is kept for {days} days (settings.retention)."
        )
    why = "its schedule was another one or it was disabled then, or its history is pruned"
    return Absence(
        "forgotten", f"{what}: {why}.", (f"What there is: jobrunner history {job.name}",)
    )


RULES: tuple[Rule, ...] = (
    _disabled,
    _by_hand,
    _no_slot,
    _ahead,
    _not_seen,
    _before_first_sight,
    _changed,
    _not_looked_at,
)


def _slot(evidence: Evidence) -> str:
    assert evidence.slot is not None
    return _told(evidence, evidence.slot)


def _asked(evidence: Evidence) -> str:
    assert evidence.asked is not None
    return _told(evidence, evidence.asked.first)


def _told(evidence: Evidence, moment: datetime) -> str:
    return tell.day_and_time(moment, evidence.zone, with_zone=True)
