"""The key of jobs.toml behind a stored reason: where it stands, and what else it can say."""

import re
from pathlib import PurePath

from msgspec import Struct, json

from jobrunner.config.spelling import shown
from jobrunner.engine.report.origin import Origin
from jobrunner.engine.report.spelling import plain
from jobrunner.model.job import Job

# The first one that a reason matches.  The words are those of `policy`, which decides.
KEYS = (
    (re.compile(r'^lock "'), "lock"),
    (re.compile(r"^still |waits already$|^replaced by "), "overlap"),
    (re.compile(r"\(queue_timeout\)$"), "queue_timeout"),
    (re.compile(r"max_catch_up = "), "max_catch_up"),
    (re.compile(r"catch_up = |^superseded by "), "catch_up"),
    (re.compile(r"^breaker open"), "breaker"),
    (re.compile(r"^prerequisite|^after "), "after"),
    (re.compile(r"^placed on any host"), "labels"),
    (re.compile(r"^placed on "), "hosts"),
)
ADVICE = {
    "lock": 'To wait for the lock instead of skipping: overlap = "queue"',
    "overlap": 'To wait instead of skipping: overlap = "queue"',
    "queue_timeout": "To wait as long as it takes: take queue_timeout out",
    "max_catch_up": "To catch up with more of them: a larger max_catch_up",
    "breaker": "See when it lets a run through again: jobrunner show {job}",
    "after": "To run it all the same: jobrunner run {job}",
    "hosts": "To run it here all the same: jobrunner run {job}",
    "labels": "What this host is for says settings.labels; here all the same: jobrunner run {job}",
}
QUEUING = 'overlap = "queue"'


class Cause(Struct, frozen=True):
    """A key that decided: its name, and how and where it is set."""

    key: str
    source: str


def cause_of(reason: str, job: Job, origin: Origin) -> Cause | None:
    """The key behind a reason; None if there is none, or none that we know of."""
    key = next((key for pattern, key in KEYS if pattern.search(reason)), None)
    return Cause(key, source_of(key, job, origin)) if key else None


def source_of(key: str, job: Job, origin: Origin) -> str:
    """How a key is set and where: `jobs.toml:44  lock = "db"`."""
    value = _told(key, job)
    spot = origin.keys.get(key)
    if spot is None:
        return f"{value} (default)" if value else ""
    where = f"{PurePath(shown(origin.file)).name}:{spot.line}"
    return f"{where}  {value}" + (" ([defaults])" if spot.is_default else "")


def advice(cause: Cause, job: Job) -> str:
    """What to write in jobs.toml, or type, if that is not what was wanted."""
    text = ADVICE.get(cause.key, "").format(job=job.name)
    # Who queues already is not told to.
    return "" if QUEUING in text and job.overlap == "queue" else text


def _told(key: str, job: Job) -> str:
    """The key as jobs.toml might spell it."""
    value = plain(getattr(job, key), key)
    if value is None or isinstance(value, dict):
        return key
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    return f"{key} = {shown(json.encode(value).decode())}"
