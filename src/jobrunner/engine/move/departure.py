"""What moves out: jobs in the formats of others, and the whole configuration as JSON."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from jobrunner.config.schema import schema
from jobrunner.config.spelling import unknown
from jobrunner.config.zone import host_zone
from jobrunner.engine.load import load
from jobrunner.engine.report.spelling import plain
from jobrunner.errors import UnknownError
from jobrunner.formats import alertrules, grafana, ical, kubernetes
from jobrunner.formats.crontab import write as crontabs
from jobrunner.formats.leaving import Written
from jobrunner.formats.systemd import write as units
from jobrunner.formats.systemd.write import Pair
from jobrunner.jobfile.place import Asker
from jobrunner.model.job import Job
from jobrunner.model.settings import Config
from jobrunner.model.value import Moment, Secret, Window, Zone

VERSION = 1


class Leaving(Struct, frozen=True):
    """The jobs that were asked for, and the file that declares them."""

    config: Config
    jobs: Sequence[Job]

    def crontab(self, now: datetime) -> Written:
        return crontabs.write(self.jobs, self.config.origin, host_zone(), now)

    def systemd(self, now: datetime) -> Sequence[Pair]:
        return units.write(self.jobs, self.config.origin, now)

    def kubernetes(self, image: str, now: datetime) -> Written:
        return kubernetes.write(self.jobs, self.config.origin, image, now)

    def ics(self, distance: timedelta, now: datetime) -> Written:
        return ical.write(self.jobs, now, distance)

    def as_json(self) -> str:
        """All that is in force, defaults included, and no secret."""
        config = self.config
        tables = {
            "version": VERSION,
            "origin": config.origin,
            "sources": list(config.sources),
            "settings": _whole(config.settings),
            "pools": dict(config.pools),
            "notify": {name: _whole(one) for name, one in config.channels.items()},
            "serve": _whole(config.serve),
            "metrics": _whole(config.metrics),
            "jobs": {job.name: _whole(job) for job in self.jobs},
        }
        return json.dumps(tables, ensure_ascii=False, indent=2)


def leaving(option: str | None, asker: Asker, names: Sequence[str]) -> Leaving:
    """These jobs of the configuration, or all; UnknownError names the one that was meant."""
    config = load(option, asker)
    for name in names:
        if name not in config.jobs:
            raise UnknownError(unknown("job", name, config.jobs))
    chosen = dict.fromkeys(names or config.jobs)
    return Leaving(config, [config.jobs[name] for name in chosen])


def schema_text() -> str:
    """The JSON Schema of jobs.toml."""
    return json.dumps(schema(), ensure_ascii=False, indent=2)


def dashboard_text() -> str:
    """A dashboard for Grafana."""
    return grafana.dashboard()


def rules_text() -> str:
    """Alert rules for Prometheus."""
    return alertrules.rules()


def _whole(struct: Struct) -> dict[str, Any]:
    """Every key, also where it is as it is built in."""
    return {
        one.name: _value(getattr(struct, one.name), one.name)
        for one in fields(struct)
        if one.name != "name"
    }


def _value(value: Any, key: str) -> Any:
    if isinstance(value, Secret) and not value:
        return ""
    is_table = isinstance(value, Struct) and not isinstance(value, Zone | Moment | Window)
    return _whole(value) if is_table else plain(value, key)
