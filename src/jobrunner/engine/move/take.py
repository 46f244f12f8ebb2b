"""Jobs of other schedulers into jobs.toml: all or none of them, and nothing that is there moves."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.config import edit
from jobrunner.config.spelling import shown
from jobrunner.engine.draft.create import create
from jobrunner.engine.draft.first import BARE
from jobrunner.engine.draft.site import Site, habitual, surveyed, text_of
from jobrunner.engine.draft.trial import Draft, Trial, preview, rewrite
from jobrunner.engine.install.order import supervisor_of
from jobrunner.engine.move import retire
from jobrunner.engine.move.mail import AddressBook
from jobrunner.engine.move.shared import shared, without
from jobrunner.engine.move.tab import Tab, put_back, restoring
from jobrunner.engine.scene import state_of
from jobrunner.engine.state import State
from jobrunner.engine.ticker import installed, installing, rooting, seeing_to, this_host
from jobrunner.errors import ForbiddenError, JobrunnerError
from jobrunner.formats.found import LeftOut, Mailbox, Reading
from jobrunner.jobfile.place import Asker
from jobrunner.jobfile.trust import user_name
from jobrunner.model.settings import Config
from jobrunner.words import some

SAME = ("cron", "every", "at", "command", "stdin", "user")


class Taken(Struct, frozen=True, kw_only=True):
    """What was read, and what was written, or would be.  Without a `draft` there was nothing.

    `advice` is how to have the jobs come due, '' if something ticks for the file already;
    `hindrance` is why some of them would never run, and what to do.
    """

    readings: Sequence[Reading]
    file: str
    program: str
    draft: Draft | None
    is_new: bool
    defaults: frozenset[str]
    advice: str
    hindrance: str


class Retired(Struct, frozen=True, kw_only=True):
    """A crontab whose lines are comments now, where its copy is, and what undoes it."""

    title: str
    lines: int
    copy: str
    undo: str


class Move:
    """Into which file jobs are to move, and which names are taken there."""

    def __init__(self, option: str | None, asker: Asker) -> None:
        self.site: Site | None = surveyed(option, asker)
        self.asker = asker
        self.file = self.site.main if self.site else habitual(asker)
        self.taken = frozenset(self.site.jobs) if self.site else frozenset[str]()

    def take(self, readings: Sequence[Reading], *, is_dry: bool = False) -> Taken:
        """Write the jobs of all readings at the end of the file, or only see what it would say."""
        for reading in readings:
            self._check_unread(reading.path)
        book = AddressBook(self._config.channels)
        fresh = [book.delivered(self._without_known(reading)) for reading in readings]
        tables = {job.name: job.table for reading in fresh for job in reading.jobs}
        common = shared([*tables.values()]) if self._is_empty() else {}
        draft = None
        if tables:
            own = {name: without(table, common) for name, table in tables.items()}
            draft = self._write(
                partial(_with, defaults=common, channels=book.made, jobs=own), is_dry=is_dry
            )
        program = self.site.program if self.site else "jobrunner"
        return Taken(
            readings=fresh,
            file=self.file,
            program=program,
            draft=draft,
            is_new=self.site is None,
            defaults=frozenset(_keys(common)),
            advice=self._advice(program),
            hindrance=self._hindrance(fresh),
        )

    def check_able(self, readings: Sequence[Reading]) -> None:
        """ForbiddenError if there are jobs of others than can be run from here."""
        if hindrance := self._hindrance(readings):
            raise ForbiddenError(f"{hindrance}\nOr leave all to cron: without --disable-old")

    def keep(self, tab: Tab, now: datetime) -> str:
        """A copy of a crontab as it is, made before anything is written."""
        return retire.keep(tab, self.state, now)

    def retire(self, tab: Tab, old: frozenset[int], copy: str, taken: Taken) -> Retired:
        """Comment out the lines that are jobs now."""
        try:
            put_back(tab, retire.commented(tab.content, old), self.asker)
        except JobrunnerError as error:
            raise type(error)(
                f"{tab.title} still has its lines, and {shown(self.file)} has the jobs: {error}\n"
                f"Comment the lines out by hand, or take the jobs away: {taken.program} rm"
            ) from error
        return Retired(title=tab.title, lines=len(old), copy=copy, undo=restoring(tab, copy))

    @property
    def state(self) -> str:
        """The state folder, which copies are kept in."""
        return self._state.folder

    @property
    def _config(self) -> Config:
        """What the file says: nothing, where there is none, or a broken one."""
        known = self.site.config if self.site else None
        return known or Config(origin=self.file)

    @property
    def _state(self) -> State:
        return state_of(self._config, self.asker)

    @property
    def _supervisor(self) -> int:
        return supervisor_of(self._state, self.file) if self.asker.uid == 0 else self.asker.uid

    def _hindrance(self, readings: Sequence[Reading]) -> str:
        """Which jobs would never run, as whoever supervises cannot be their user; what to do."""
        uid = self._supervisor
        own = {None, "", user_name(uid)}
        jobs = [
            job.name for each in readings for job in each.jobs if job.table.get("user") not in own
        ]
        if not (uid and jobs):
            return ""
        where = f"{shown(self.state)} is {user_name(uid)}'s"
        advice = "Import them as root: sudo jobrunner import"
        if self.asker.uid == 0:
            advice = f"Have root tick: {rooting(self.state)} cron"
        reason = f"{where}, and only root's ticks run jobs as others"
        return f"{some(jobs, 3)} would not run: {reason}.\n{advice}"

    def _advice(self, program: str) -> str:
        is_ticked = seeing_to(installed(this_host()), self.file)
        return "" if is_ticked else installing(self.file, self.asker.uid, program)

    def _is_empty(self) -> bool:
        """Whether nothing in the file could be changed by [defaults]."""
        if self.site is None:
            return True
        if self.site.config is None or self.site.config.jobs:
            return False
        text = text_of(self.file, self.asker.uid).removeprefix(edit.BOM)
        return "defaults" not in tomllib.loads(text)

    def _check_unread(self, path: str) -> None:
        if path and self.site and path in self._config.sources:
            raise JobrunnerError(
                f"the lines of {shown(path)} are jobs already: `crontabs` in {shown(self.file)}"
                f" reads it.\nTake it out of `crontabs` first: {self.site.program} edit"
            )

    def _without_known(self, reading: Reading) -> Reading:
        """The reading without what an earlier one has brought here."""
        here = self._here()
        known = {job.name: here.get(_content(job.table), "") for job in reading.jobs}
        left_out = [
            LeftOut(
                line=job.line,
                what=f"{job.when} {job.what}".strip(),
                reason=f"is here already: [jobs.{known[job.name]}]",
            )
            for job in reading.jobs
            if known[job.name]
        ]
        return replace(
            reading,
            jobs=tuple(job for job in reading.jobs if not known[job.name]),
            left_out=tuple(sorted((*reading.left_out, *left_out), key=lambda one: one.line)),
        )

    def _here(self) -> dict[str, str]:
        """The jobs of the file, by what they do and when."""
        if self.site is None or self.site.config is None:
            return {}
        tables = _tables(text_of(self.file, self.asker.uid))
        return {_content(table): name for name, table in tables.items()}

    def _write(self, change: Any, *, is_dry: bool) -> Draft:
        if self.site is None:
            draft = preview(Trial(self.file, self.file, self.asker.uid), BARE, change)
            if not is_dry:
                create(draft.file, draft.new, self.asker.uid)
            return draft
        trial = self.site.trial(self.file)
        if is_dry:
            return preview(trial, text_of(self.file, self.asker.uid), change)
        return rewrite(trial, change)


def _with(
    text: str,
    *,
    defaults: dict[str, Any],
    channels: dict[str, Mailbox],
    jobs: dict[str, Any],
) -> str:
    for name, box in channels.items():
        to = box.to[0] if len(box.to) == 1 else [*box.to]
        text = edit.set_value(text, ("notify", name, "mail"), to)
        if box.smtp:
            text = edit.set_value(text, ("notify", name, "smtp"), box.smtp)
    for key, value in defaults.items():
        text = edit.set_value(text, ("defaults", key), value)
    return edit.add_all(text, jobs)


def _content(table: Mapping[str, Any]) -> str:
    return repr([table.get(key) for key in SAME])


def _keys(common: dict[str, Any]) -> list[str]:
    env = [f"env.{name}" for name in common.get("env", {})]
    return [*(key for key in common if key != "env"), *env]


def _tables(text: str) -> dict[str, Any]:
    jobs = tomllib.loads(text.removeprefix(edit.BOM)).get("jobs", {})
    return {name: table for name, table in jobs.items() if isinstance(table, dict)}
