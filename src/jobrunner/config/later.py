"""Keys that belong to the format and are not acted on yet: refused, never accepted and ignored."""

import re
from collections.abc import Iterator, Mapping

from jobrunner.config.finding import Refusal
from jobrunner.model.job import Job
from jobrunner.model.settings import Settings

JOB = {
    "hosts": "it will place the job on hosts by name",
    "labels": "it will place the job on hosts by label",
    "prefer": "it will prefer some hosts to others",
    "on": "it will run the job on every host",
}
SETTINGS = {
    "store": "it will keep the ledger in a database for many hosts",
    "labels": "it will tell what this host is for",
}
KEYS: Mapping[type, Mapping[str, str]] = {Job: JOB, Settings: SETTINGS}
# Keys of which only some values wait.
PARTLY = {
    "on": "`every` is not supported yet.",
    "store": "Only SQLite is supported yet.",
}
# Values that are today's behaviour: they may be written down.
KEPT = {("on", "one")}
REMOTE = re.compile(r"(?:postgres|postgresql|redis|rediss)(?:\+\w+)?:", re.IGNORECASE)


def later(known: Mapping[str, str], table: Mapping[str, object]) -> Iterator[tuple[str, Refusal]]:
    """Each key of `table` whose time has not come."""
    for key in known.keys() & table.keys():
        value = table[key]
        if isinstance(value, str) and _is_now(key, value):
            continue
        yield key, Refusal("E190", f"`{key}` is not supported yet", known[key])


def _is_now(key: str, value: str) -> bool:
    return (key, value) in KEPT or (key == "store" and not REMOTE.match(value))
