"""A job as it ran, for the ledger: one version, one text, and no secret in it."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, json
from msgspec.structs import fields, replace

from jobrunner.digest import blake2b
from jobrunner.model.job import Job
from jobrunner.model.secret import is_secret
from jobrunner.model.value import Secret

HIDDEN = "***"
FIELDS = fields(Job)  # made anew at each call


class Definition(Struct, frozen=True):
    """One version of a job: its text, and the fingerprint that the text is kept under."""

    fingerprint: str
    text: str


def define(job: Job) -> Definition:
    """The version that `job` is: all that differs from the defaults, in JSON."""
    told = {
        field.name: _shown(field.name, getattr(job, field.name))
        for field in FIELDS
        if getattr(job, field.name) != field.default
    }
    text = json.encode(told, enc_hook=str, order="deterministic")
    return Definition(blake2b(text, digest_size=12).hexdigest(), text.decode())


def _shown(key: str, value: Any) -> Any:
    if isinstance(value, Secret):
        return HIDDEN
    if key == "env":
        return _masked(value)
    if key == "schedules":
        return [replace(timing, env=_masked(timing.env)) for timing in value]
    return value


def _masked(env: Mapping[str, str]) -> dict[str, str]:
    return {name: HIDDEN if is_secret(name) else value for name, value in env.items()}
