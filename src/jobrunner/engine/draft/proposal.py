"""What a form asks of jobs.toml: the edit, and what is wrong with it, field by field."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import count

from msgspec import Struct

from jobrunner.config import edit
from jobrunner.config.edit.literal import block
from jobrunner.config.finding import Refusal
from jobrunner.config.position import Path
from jobrunner.config.problem import ConfigError, Problem
from jobrunner.config.zone import LOCAL, host_zone, zone
from jobrunner.engine.draft.add import check_free
from jobrunner.engine.draft.emend import FieldError, emended
from jobrunner.engine.draft.mark import keys_of
from jobrunner.engine.draft.sheet import RETRIES, RETRY, Fields
from jobrunner.engine.draft.site import Site, file_of, text_of
from jobrunner.engine.draft.slot import is_over
from jobrunner.engine.draft.table import rewritten, table_of
from jobrunner.engine.draft.trial import Draft, preview
from jobrunner.errors import JobrunnerError
from jobrunner.model.job import Job
from jobrunner.model.settings import Config

NAME = "name"


class Fault(Struct, frozen=True, kw_only=True):
    """What is wrong; `field` is where, or empty."""

    field: str
    told: str


class Proposal:
    """A job as somebody filled it in: a new one, or another one of that name."""

    def __init__(
        self, site: Site, name: str, fields: Fields, now: datetime, *, is_new: bool
    ) -> None:
        self.site, self.name = site, name
        self._fields, self._now, self._is_new = fields, now, is_new
        self.trial = site.trial(site.main if is_new else file_of(site, name))
        self._written = ""

    def preview(self) -> Draft:
        """What it would make of the file; raises as the edit would."""
        return preview(
            self.trial, text_of(self.trial.file, self.site.uid), self.change, self.object
        )

    def change(self, text: str) -> str:
        """The file with this job in it; FieldError for what cannot be understood."""
        if self._is_new:
            if not self.name:
                raise FieldError(NAME, "give it a name")
            check_free(self.site, self.name)
            table = emended({}, self._fields, self._now, self._zone())
            self._written = edit.add(text, self.name, table)
        else:
            table = emended(table_of(text, self.name), self._fields, self._now, self._zone())
            self._written = rewritten(text, ("jobs", self.name), table)
        return self._written

    def object(self, config: Config) -> None:
        """A new job has to have something ahead of it."""
        if self._is_new and is_over(config.jobs[self.name], self._now):
            raise JobrunnerError(f"{self.name} would never run: all its times are past.")

    def faults(self, error: FieldError | JobrunnerError) -> list[Fault]:
        """What is wrong, with the field that it is about."""
        if isinstance(error, FieldError):
            return [Fault(field=error.field, told=str(error))]
        cause = error.__cause__
        if not isinstance(cause, ConfigError):
            field = NAME if self._is_new and self.name in self.site.jobs else ""
            return [Fault(field=field, told=str(error).partition("\n")[0])]
        here = [each for each in cause.problems if each.file == self.trial.file]
        others = [each for each in cause.problems if each.file != self.trial.file]
        found = keys_of(self._written, ("jobs", self.name), here)
        return [_fault(path, each) for path, each in [*found, *(((), one) for one in others)]]

    def _zone(self) -> tzinfo:
        """The zone of the times that are filled in."""
        named = self._fields.get("timezone", "").strip()
        if not named and self.site.config and self.name in self.site.config.jobs:
            return self.site.config.jobs[self.name].timezone.info
        try:
            return host_zone().info if named in {"", LOCAL} else zone(named).info
        except Refusal as refusal:
            raise FieldError("timezone", refusal.told) from refusal


def usual(site: Site, file: str) -> Job | None:
    """What holds for a job of a file that says nothing of it; None if the file is broken."""
    name = next(name for name in map("any-{}".format, count()) if name not in site.jobs)
    try:
        probe = block(("jobs", name), {"command": "true"})
        # Nothing is written: that the rest stays as it is need not be proved.
        return site.trial(file).parse(f"{text_of(file, site.uid)}\n{probe}").jobs[name]
    except JobrunnerError:
        return None


def by_field(faults: Sequence[Fault]) -> Mapping[str, str]:
    """The faults of each field in a line."""
    found: dict[str, list[str]] = {}
    for one in faults:
        found.setdefault(one.field, []).append(one.told)
    return {field: "; ".join(dict.fromkeys(all_)) for field, all_ in found.items()}


def _fault(path: Path, problem: Problem) -> Fault:
    hint = f": {problem.suggestion}" if problem.suggestion else ""
    place = "" if path else f" ({problem.code}, line {problem.line})" * bool(problem.line)
    return Fault(field=_field(path), told=f"{problem.message}{hint}{place}")


def _field(path: Path) -> str:
    """The field of a key: its name, or with one dot that of a key of its table."""
    match path[:2]:
        case ():
            return ""
        case ("retry", "delay" | "backoff") | ("http", "url" | "method" | "body"):
            return ".".join(map(str, path[:2]))
        case ("http", *_):
            return "http.url"
        case (key, *_):
            return RETRIES if key == RETRY else str(key)
    return ""
