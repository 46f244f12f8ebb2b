"""Whether two versions of a job have the same schedule."""

from msgspec import json
from msgspec.structs import fields

from jobrunner.digest import blake2b
from jobrunner.model.job import Job

KEYS = frozenset(
    [
        "enabled",
        "cron",
        "every",
        "at",
        "schedules",
        "every_from",
        "initial_delay",
        "timezone",
        "dst",
        "start",
        "end",
        "between",
        "skip_dates",
        "calendar",
        "on_holiday",
        "after",
    ]
)

DEFAULTS = tuple((field.name, field.default) for field in fields(Job) if field.name in KEYS)


def fingerprint(job: Job) -> str:
    """The same for the same schedule, in every process and version; else another one.

    Only what differs from its default is told, so that a key that a later version brings changes
    nothing for the jobs that do not use it.
    """
    told = [(key, value) for key, usual in DEFAULTS if (value := getattr(job, key)) != usual]
    text = json.encode(told, enc_hook=str, order="deterministic")
    return blake2b(text, digest_size=12).hexdigest()
