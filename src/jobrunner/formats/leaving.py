"""What jobs become in somebody else's format: the text, and all that it cannot say."""

from collections.abc import Container, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import fields

from jobrunner.config.zone import OFFSET
from jobrunner.cron.clockchange import changes
from jobrunner.model.job import Job
from jobrunner.model.schedule import Schedule
from jobrunner.model.secret import is_secret
from jobrunner.model.value import Zone
from jobrunner.schedule.compose import last_instant

DAY = timedelta(days=1)
YEAR = 366 * DAY
# What a job is called, where its values are from, and how it is told.
TELLING = frozenset({"name", "origin", "description", "docs", "tags", "timezone", "cwd"})
# What decides when a job is due, and has no counterpart anywhere: without it, it would run more.
NARROWING = ("between", "skip_dates", "calendar", "initial_delay", "after")
# What only jobrunner has a place for; it changes nothing of what runs when.
OWN = frozenset({"grace", "keep_runs", "output_limit", "redact", "priority", "slow_after"})


class Remark(Struct, frozen=True):
    """What of a job is not as it was, in a sentence."""

    job: str
    sentence: str


class Written(Struct, frozen=True):
    """A text in the other format, and what is to be said of it."""

    text: str
    remarks: tuple[Remark, ...] = ()


class CannotSayError(Exception):
    """This format has no way to say when the job is due; the message says what it lacks."""


def lost(job: Job, carried: Container[str]) -> list[str]:
    """The keys that are set and go nowhere; variables that hold a secret are among them."""
    secrets = [f"env.{name} (a secret)" for name in job.env if is_secret(name)]
    return secrets + [
        field.name
        for field in fields(Job)
        if field.name not in TELLING | OWN
        and field.name not in carried
        and getattr(job, field.name) not in (field.default, {})
    ]


def open_env(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that anybody may see."""
    return {name: value for name, value in env.items() if not is_secret(name)}


def check_dates(job: Job, now: datetime, carried: Container[str] = ()) -> None:
    """Raise if leaving out what narrows the job's days and hours would have it run more often."""
    narrowing = [key for key in NARROWING if key not in carried and getattr(job, key)]
    if job.start and "start" not in carried and _is_ahead(job, now):
        narrowing.append("start")
    if job.end and "end" not in carried:
        narrowing.append("end")
    if narrowing:
        raise CannotSayError(f"{', '.join(narrowing)} cannot be said here")


def is_same(one: Schedule, other: Schedule, zone: Zone, now: datetime) -> bool:
    """Whether two schedules that are alike on ordinary days are so when clocks change, too."""
    turns = [change.at for change in changes(zone.info, now.replace(microsecond=0), now + YEAR)]
    for middle in (now + DAY, *turns):
        first, last = (middle - DAY).astimezone(UTC), (middle + DAY).astimezone(UTC)
        if [*one.between(first, last)] != [*other.between(first, last)]:
            return False
    return True


def zone_name(zone: Zone) -> str:
    """The name by which other programs know a zone; "UTC+7" would mean the opposite to them."""
    offset = OFFSET.fullmatch(zone.name)
    if not offset:
        return "UTC" if zone.name == "Etc/UTC" else zone.name
    if offset[3] and int(offset[3]):
        raise CannotSayError(f"the zone {zone.name} has no name that is known elsewhere")
    return f"Etc/GMT{'-' if offset[1] == '+' else '+'}{int(offset[2])}"


def _is_ahead(job: Job, now: datetime) -> bool:
    assert job.start is not None
    return last_instant(job.start, job.timezone.info) > now
