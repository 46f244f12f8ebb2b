"""What jobs.toml would say with another text, and the change that makes it so."""

import os
from collections.abc import Callable, Sequence

from msgspec import Struct

from jobrunner import config
from jobrunner.config.problem import ConfigError
from jobrunner.config.spelling import shown
from jobrunner.errors import UnusableError
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.edit import Edit, edit
from jobrunner.jobfile.shelf import Shelf
from jobrunner.model.settings import Config

Change = Callable[[str], str]
Objection = Callable[[Config], None]


class RefusedError(UnusableError):
    """The new text has errors, so that the old one stays.

    `report` tells the errors alone; `line` is where the first one is.
    """

    is_report = True

    def __init__(self, report: str, outcome: str, line: int) -> None:
        super().__init__(f"{report}\n\n{outcome}")
        self.report = report
        self.line = line


class Draft(Struct, frozen=True, kw_only=True):
    """A file's text, old and new, and what the whole configuration said and says.

    `before` is None where that was broken; `undo` is the version that brings the old text back.
    """

    file: str
    old: str
    new: str
    before: Config | None
    after: Config
    undo: int | None = None


class Trial:
    """The configuration of a main file if one file, itself or an included one, had another text."""

    def __init__(
        self,
        main: str,
        file: str,
        uid: int,
        program: str = "jobrunner",
        shelf: Shelf | None = None,
    ) -> None:
        self.shelf = shelf
        self.main = main
        self.file = file
        self.uid = uid
        self.program = program
        self._disk = Disk(uid)

    def parse(self, text: str) -> Config:
        """What it would say; ConfigError carries every problem."""
        if self.file == self.main:
            return config.parse(text, self.main, self._disk)
        return config.parse(
            self._disk.read(self.main), self.main, _Instead(self._disk, self.file, text)
        )

    def problems(self, text: str) -> int:
        """How many problems there would be."""
        try:
            self.parse(text)
        except ConfigError as error:
            return len(error.problems)
        return 0


class _Instead:
    """The files of this host, one of them with another text."""

    def __init__(self, disk: Disk, file: str, text: str) -> None:
        self._disk = disk
        self._file = file
        self._text = text

    def read(self, path: str) -> bytes:
        return self._text.encode() if path == self._file else self._disk.read(path)

    def matches(self, pattern: str) -> Sequence[str]:
        return self._disk.matches(pattern)


def _no_objection(_: Config) -> None:
    """Whatever it says, it may be written."""


def rewrite(trial: Trial, change: Change, object_: Objection = _no_objection) -> Draft:
    """Change the file; what would be wrong then is refused, and the file is as it was.

    RefusedError if the new text has errors; whatever `change` and `object_` raise; BusyError and
    ForbiddenError as `jobfile.edit`.
    """
    seen = _Seen(trial, object_)
    done = edit(trial.file, seen.changing(change), seen.check, uid=trial.uid)
    undo = _kept(trial, done, seen.saved_at) if done.new != done.old else None
    return seen.draft(done.old, done.new, undo)


def _kept(trial: Trial, done: Edit, saved_at: float) -> int | None:
    """Keep both texts; the number of the old one."""
    if trial.shelf is None:
        return None
    number = trial.shelf.keep(done.path, done.old, saved_at, by="")
    trial.shelf.keep(done.path, done.new, _saved_at(done.path))
    return number


def _saved_at(file: str) -> float:
    try:
        return os.stat(file).st_mtime  # noqa: PTH116 - paths are strings here
    except OSError:  # it went in this moment: the time tells nothing then
        return 0.0


def preview(trial: Trial, old: str, change: Change, object_: Objection = _no_objection) -> Draft:
    """The same change of a text, not written."""
    seen = _Seen(trial, object_)
    new = seen.changing(change)(old)
    seen.check(new)
    return seen.draft(old, new)


class _Seen:
    """What the configuration says before and after, looked at while the file is locked."""

    before: Config | None = None
    after: Config
    saved_at = 0.0

    def __init__(self, trial: Trial, object_: Objection) -> None:
        self._trial = trial
        self._object = object_

    def changing(self, change: Change) -> Change:
        def changed(text: str) -> str:
            self.saved_at = _saved_at(self._trial.file)
            try:
                self.before = self._trial.parse(text)
            except ConfigError:
                self.before = None
            return change(text)

        return changed

    def check(self, text: str) -> None:
        try:
            self.after = self._trial.parse(text)
        except ConfigError as error:
            raise self._refused(error) from error
        self._object(self.after)

    def draft(self, old: str, new: str, undo: int | None = None) -> Draft:
        return Draft(
            file=self._trial.file,
            old=old,
            new=new,
            before=self.before,
            after=self.after,
            undo=undo,
        )

    def _refused(self, error: ConfigError) -> RefusedError:
        file, program = shown(self._trial.file), self._trial.program
        advice = "" if self.before else f" It was broken before; mend it: {program} edit"
        here = (problem.line for problem in error.problems if problem.file == self._trial.file)
        return RefusedError(f"{error}", f"Nothing was changed in {file}.{advice}", next(here, 1))
