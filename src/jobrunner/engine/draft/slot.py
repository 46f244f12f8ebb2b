"""When a job is due, in words for whoever has just changed it."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from jobrunner.config.quantity import spelt
from jobrunner.model.job import Job
from jobrunner.schedule.compose import REBOOT, compose
from jobrunner.schedule.every import counts_from_first_sight
from jobrunner.words import listed

FIRST_SIGHT = "counted from the first tick that sees it"


def coming(job: Job, now: datetime, count: int = 1) -> list[datetime]:
    """The next slots, as far as the file alone can tell them."""
    if not job.enabled or _counts_from_sight(job):
        return []
    schedule = compose(job, now)
    slots: list[datetime] = []
    while len(slots) < count and (slot := schedule.next_after(slots[-1] if slots else now)):
        slots.append(slot)
    return slots


def is_over(job: Job, now: datetime) -> bool:
    """Whether it says when, and all of that is past."""
    if REBOOT in job.cron or job.after or job.every_from == "end" or _counts_from_sight(job):
        return False
    return is_planned(job) and compose(job, now).next_after(now) is None


def is_planned(job: Job) -> bool:
    """Whether it says when it is due, beside "after others"."""
    return bool(job.cron or job.every or job.at or job.schedules)


def rhythm(job: Job, now: datetime) -> str:
    """When it is due, in the words that end a sentence."""
    return _words(job, now) + _dates(job) + ("" if job.enabled else ", but it is disabled")


def slot_words(slots: Sequence[datetime], zone: tzinfo, own: tzinfo) -> str:
    """Slots in a row, what they share said once: "Fri 2026-11-20 14:15 CET, 14:30, 14:45".

    A job whose own zone shows another time has that beside the first.
    """
    words: list[str] = []
    before: datetime | None = None
    for slot in slots:
        shown = slot.astimezone(zone)
        words.append(_slot(shown, slot.astimezone(own), before))
        before = shown
    return ", ".join(words)


def _slot(shown: datetime, there: datetime, before: datetime | None) -> str:
    day = "" if before and before.date() == shown.date() else f"{shown:%a %Y-%m-%d} "
    name = "" if before and before.utcoffset() == shown.utcoffset() else f" {shown.tzname()}"
    is_elsewhere = before is None and there.utcoffset() != shown.utcoffset()
    own = f" = {_time(there)} {there.tzname()}" if is_elsewhere else ""
    return f"{day}{_time(shown)}{name}{own}"


def _time(moment: datetime) -> str:
    return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")


def _words(job: Job, now: datetime) -> str:
    if not is_planned(job):
        return f"after {listed(job.after)}" if job.after else "by hand only"
    if (job.cron, job.every, job.schedules) == (("@reboot",), None, ()) and not job.at:
        return "at the first tick after boot"
    if job.every and job.every_from == "end":
        return f"{spelt(job.every)} after the end of its last run"
    if job.every and _counts_from_sight(job):
        return f"every {spelt(job.every)}, {FIRST_SIGHT}"
    if job.at and not (job.cron or job.every or job.schedules):
        return "once" if len(job.at) == 1 else f"at {len(job.at)} times"
    words = compose(job, now).describe()
    return words[:1].lower() + words[1:]


def _dates(job: Job) -> str:
    first = f" from {job.start.value}" if job.start else ""
    last = f" to {job.end.value}" if job.end else ""
    return f",{first}{last}" if first or last else ""


def _counts_from_sight(job: Job) -> bool:
    """Whether only the first tick can tell its slots."""
    if job.every is None or job.cron or job.at or job.schedules:
        return False
    return counts_from_first_sight(job.every, has_start=job.start is not None)
