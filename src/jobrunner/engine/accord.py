"""What hosts that share a ledger have to agree on, in a few letters that each can tell."""

import os
from collections.abc import Iterator

from msgspec import json
from msgspec.structs import replace

from jobrunner.digest import blake2b
from jobrunner.engine.definition import define
from jobrunner.engine.report.spelling import plain
from jobrunner.model.settings import Config


def fingerprint(config: Config) -> str:
    """The same for configurations that do the same, wherever their files lie; else another one.

    It is of what the files mean, not of their letters, and of nothing that is each host's own, as
    [settings] is.  Secrets are starred out before: it is told.
    """
    channels = {name: plain(channel) for name, channel in config.channels.items()}
    told = (dict(_jobs(config)), config.pools, config.cluster, channels)
    text = json.encode(told, enc_hook=str, order="deterministic")
    return blake2b(text, digest_size=8).hexdigest()


def _jobs(config: Config) -> Iterator[tuple[str, str]]:
    here = os.path.dirname(config.origin)  # noqa: PTH120 - a tick's paths are strings
    for name, job in config.jobs.items():
        cwd = "" if job.cwd == here else job.cwd
        yield name, define(replace(job, origin="", cwd=cwd)).fingerprint
