"""Keys of a job in words and as jobs.toml spells them, without their secrets."""

import shlex
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from jobrunner.config.quantity import spelt, spelt_size
from jobrunner.config.secret import veiled_text
from jobrunner.model.job import Http, Job, Timing
from jobrunner.model.secret import MASK, is_secret, masked, without_passwords
from jobrunner.model.value import Moment, Secret, Size, Window, Zone

# What is sent or read as it is may hold anything; that it is there says enough.
UNTOLD = frozenset({"stdin", "body"})


def command_of(job: Job) -> str | None:
    """What the job does, as one would type it."""
    if isinstance(job.command, tuple):
        return hidden(shlex.join(job.command))
    if job.command is not None:
        return hidden(job.command)
    if job.http:
        return _call(job.http)
    if job.python:
        return f"python {job.python}"
    if job.sql_file:
        return f"sql {job.sql_file}"
    return f"sql {hidden(job.sql)}" if job.sql else None


def _call(http: Http) -> str:
    """A call without what is secret of its address."""
    method = http.method or ("POST" if http.body or http.json is not None else "GET")
    elsewhere = http.url_file or f"${http.url_env}"
    return f"{method} {without_passwords(http.url) if http.url else elsewhere}"


def hidden(text: str) -> str:
    """A command without the passwords that are written in it."""
    if "=" not in text and "://" not in text:
        return text
    return without_passwords(veiled_text(text))


def schedule_of(job: Job) -> str:
    """When the job is due, as its keys say it."""
    own = Timing(cron=job.cron, every=job.every, at=job.at)
    told = [words for timing in (own, *job.schedules) for words in _timing(timing)]
    if job.after:
        told.append(f"after {', '.join(job.after)}")
    return "; ".join(told) or "by hand"


def _timing(timing: Timing) -> list[str]:
    every = [f"every {spelt(timing.every)}"] if timing.every else []
    return [*timing.cron, *every, *(f"at {_moment(at)}" for at in timing.at)]


def plain(value: Any, key: str = "") -> Any:
    """A value of a job's key as jobs.toml would have it: text, numbers, lists and tables."""
    if isinstance(value, Secret) or (key in UNTOLD and value):
        return MASK
    if isinstance(value, str):
        return str(hidden(value))  # patterns are texts of a kind of their own
    if isinstance(value, Struct):
        return _struct(value)
    if isinstance(value, Mapping):
        return {name: _named(name, one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return _scalar(value)


def _named(name: str, value: Any) -> Any:
    """What the user gave a name: a variable, a header, a parameter with its default."""
    if isinstance(value, str):
        return masked(name, value)
    told = plain(value)
    return {**told, "default": MASK} if is_secret(name) and "default" in told else told


def _struct(value: Struct) -> Any:
    match value:
        case Zone():
            return value.name
        case Moment():
            return _moment(value)
        case Window():
            closes = f"{value.closes:%H:%M}" if value.closes else "24:00"
            return f"{value.opens:%H:%M}-{closes}"
    return {
        field.name: plain(one, field.name)
        for field in fields(value)
        if (one := getattr(value, field.name)) != field.default
    }


def _scalar(value: Any) -> Any:
    if isinstance(value, timedelta):
        return spelt(value)
    if isinstance(value, Size):
        return spelt_size(value)
    return value.isoformat() if isinstance(value, date) else value


def _moment(moment: Moment) -> str:
    if isinstance(moment.value, datetime):
        return moment.value.isoformat(" ", "minutes" if not moment.value.second else "seconds")
    return moment.value.isoformat()
