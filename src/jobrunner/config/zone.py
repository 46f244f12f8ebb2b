"""Time zones by name, by offset, and the host's own."""

import os
import re
from collections.abc import Mapping
from datetime import UTC, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from jobrunner.config.finding import Refusal
from jobrunner.config.spelling import meant, quoted
from jobrunner.model.job import Job
from jobrunner.model.value import Zone

LOCAL = "local"
OFFSET = re.compile(r"(?:UTC|GMT)([+-])(\d{1,2})(?::?(\d{2}))?", re.ASCII)
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,99}")
HINT = 'write a name such as "Europe/Berlin", "local", "UTC" or an offset such as "UTC+7"'
FURTHEST = timedelta(hours=15)


@lru_cache(maxsize=1024)
def zone(name: str) -> Zone:
    """The zone of that name; "UTC+7" and "GMT+7" are seven hours ahead of UTC."""
    if name in {"UTC", "Etc/UTC"}:
        return Zone(name, UTC)
    offset = OFFSET.fullmatch(name)
    if offset:
        return _fixed(name, offset)
    found = _of_database(name)
    if found is None:
        raise Refusal("E109", f"{quoted(name)} is not a time zone", _suggestion(name))
    return found


def host_zone(environ: Mapping[str, str] = os.environ, root: Path = Path("/")) -> Zone:
    """The zone of this host: TZ, else the name that /etc/localtime links to, else that file."""
    local = root / "etc/localtime"
    named = environ.get("TZ", "").removeprefix(":").rpartition("zoneinfo/")[2]
    found = _of_database(named) or _of_database(_linked(local))
    if found:
        return found
    try:
        with local.open("rb") as file:
            return Zone(LOCAL, ZoneInfo.from_file(file, key="localtime"))
    except (OSError, ValueError):
        return Zone("UTC", UTC)


def zone_of(job: Job | None) -> Zone:
    """The zone of a job; the host's for one that is declared no more."""
    return job.timezone if job else host_zone()


def _linked(local: Path) -> str:
    try:
        target = str(local.readlink())
    except OSError:
        return ""
    return target.rpartition("zoneinfo/")[2]


def _fixed(name: str, offset: re.Match[str]) -> Zone:
    distance = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
    if distance >= FURTHEST or int(offset[3] or 0) >= 60:  # noqa: PLR2004 - minutes in an hour
        raise Refusal("E109", f"{quoted(name)} is not an offset in use", "at most 14:59 hours")
    return Zone(name, timezone(-distance if offset[1] == "-" else distance, name))


def _of_database(name: str) -> Zone | None:
    # "right/" counts leap seconds, which no clock here shows.
    if not NAME.fullmatch(name) or name.startswith(("right/", "posix/")):
        return None
    try:
        return Zone(name, ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return None


def _suggestion(name: str) -> str:
    """The zone that was meant; a city alone is enough to tell."""
    known = available_timezones()
    cities = [zone for zone in sorted(known) if zone.rpartition("/")[2].lower() == name.lower()]
    if cities:
        return f'did you mean "{cities[0]}"?'
    return meant(name, [*known, LOCAL]) or HINT
