"""A new job: what is asked of it, as the table that jobs.toml gets, and how it gets there."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from jobrunner.config import edit
from jobrunner.config.spelling import shown
from jobrunner.engine.draft.create import create
from jobrunner.engine.draft.first import BARE
from jobrunner.engine.draft.site import Site, habitual, line_of, surveyed, text_of
from jobrunner.engine.draft.slot import is_over
from jobrunner.engine.draft.trial import Draft, Trial, preview, rewrite
from jobrunner.errors import JobrunnerError
from jobrunner.jobfile.place import Asker
from jobrunner.model.settings import Config


class NewJob(Struct, frozen=True, kw_only=True):
    """A job as options of a command spell it; what is empty or None is left to its default."""

    command: str | tuple[str, ...]
    description: str = ""
    tags: tuple[str, ...] = ()
    cron: tuple[str, ...] = ()
    every: str = ""
    at: tuple[datetime, ...] = ()
    start: date | None = None
    end: date | None = None
    timezone: str = ""
    user: str = ""
    cwd: str = ""
    env: Mapping[str, str] = {}
    timeout: str = ""
    retries: int | None = None
    retry_delay: str = ""
    overlap: str = ""
    lock: str = ""
    catch_up: str = ""
    enabled: bool = True

    @property
    def is_planned(self) -> bool:
        """Whether it says when."""
        return bool(self.cron or self.every or self.at)


class Added(Struct, frozen=True):
    """What was written, or would be, and whether the file is a new one."""

    draft: Draft
    is_new: bool


# Written as they are, in the order in which a reader asks: what, when, as whom, and what if.
BEFORE = ("description", "tags")
DATES = ("start", "end", "timezone")
AFTER = ("user", "cwd", "env", "timeout")
LAST = ("overlap", "lock", "catch_up")


def table(new: NewJob) -> dict[str, Any]:
    """The keys of [jobs.NAME], in the order in which they are read."""
    return dict(_keys(new))


def _keys(new: NewJob) -> Iterator[tuple[str, Any]]:
    yield from _given(new, BEFORE)
    if not new.enabled:
        yield "enabled", False
    if new.cron:
        yield "cron", _one_or_all(new.cron)
    if new.every:
        yield "every", new.every
    if new.at:
        yield "at", _one_or_all(new.at)
    yield from _given(new, DATES)
    yield "command", new.command
    yield from _given(new, AFTER)
    yield from _retries(new)
    yield from _given(new, LAST)


def _given(new: NewJob, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name in names:
        if value := getattr(new, name):
            yield name, value


def _retries(new: NewJob) -> Iterator[tuple[str, Any]]:
    if new.retry_delay:
        attempts = {} if new.retries is None else {"attempts": new.retries}
        yield "retry", attempts | {"delay": new.retry_delay}
    elif new.retries is not None:
        yield "retries", new.retries


def _one_or_all(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else values


def add(option: str | None, asker: Asker, name: str, new: NewJob, now: datetime) -> Added:
    """Put the job at the end of the file that `option` or habit names, or of a new one.

    A file that is named has to be there; where none is named and none is found, the user's is made.
    """
    addition = _Addition(option, asker, name, new, now)
    if addition.site is None:
        draft = addition.preview()
        create(draft.file, draft.new, asker.uid)
        return Added(draft, is_new=True)
    return Added(rewrite(addition.trial, addition.change, addition.object), is_new=False)


def preview_add(option: str | None, asker: Asker, name: str, new: NewJob, now: datetime) -> Added:
    """The same, and nothing is written."""
    addition = _Addition(option, asker, name, new, now)
    return Added(addition.preview(), is_new=addition.site is None)


class _Addition:
    """Where the job goes, and what it must not collide with."""

    def __init__(
        self, option: str | None, asker: Asker, name: str, new: NewJob, now: datetime
    ) -> None:
        self.site = surveyed(option, asker)
        self.file = self.site.main if self.site else habitual(asker)
        self.trial = (
            self.site.trial(self.file) if self.site else Trial(self.file, self.file, asker.uid)
        )
        self._name, self._new, self._now = name, new, now
        if self.site:
            check_free(self.site, name)

    def preview(self) -> Draft:
        text = text_of(self.file, self.trial.uid) if self.site else BARE
        return preview(self.trial, text, self.change, self.object)

    def change(self, text: str) -> str:
        return edit.add(text, self._name, table(self._new))

    def object(self, config: Config) -> None:
        if is_over(config.jobs[self._name], self._now):
            raise JobrunnerError(
                f"{self._name} would never run: all its times are past. Nothing was added."
            )


def check_free(site: Site, name: str) -> None:
    """Refuse a name that another job has, in whichever file."""
    if name in site.jobs:
        file = site.jobs[name]
        line = line_of(text_of(file, site.uid), ("jobs", name))
        raise JobrunnerError(
            f"there is a job {name} already: {shown(file)} line {line}. Nothing was added.\n"
            f"To change it: {site.program} edit {name}, or: {site.program} set {name}.KEY VALUE"
        )
