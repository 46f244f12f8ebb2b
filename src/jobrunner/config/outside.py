"""The other files that jobs.toml names: included ones and classic crontabs."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jobrunner.config.convert import converted
from jobrunner.config.crontab import Style
from jobrunner.config.crontab_jobs import style_of
from jobrunner.config.document import Document, decoded, read
from jobrunner.config.files import Files
from jobrunner.config.finding import Findings, Refusal, unusable
from jobrunner.config.layer import folder_of, resolved
from jobrunner.config.position import Path
from jobrunner.config.problem import ConfigError
from jobrunner.config.spelling import quoted, told
from jobrunner.errors import JobrunnerError
from jobrunner.model.settings import Crontab

WILD = re.compile(r"[*?\[]")
CRON_D = "/etc/cron.d/"
# cron passes over other names there: backups, and what a package manager sets aside.
CRON_D_NAME = re.compile(r"/etc/cron\.d/[A-Za-z0-9_-]+")
# A crontab in cron's spool belongs to the user it is named after, and runs as that user.
SPOOLED = re.compile(r"/var/spool/cron/(?:crontabs/)?([^/]+)")


class Tab(NamedTuple):
    """The text of a crontab and how its lines are read."""

    origin: str
    text: str
    style: Style
    user: str


class Outside:
    """Reads each file once; one that cannot be used is a finding at the place that names it."""

    def __init__(self, main: Document, files: Files, findings: Findings) -> None:
        self.main = main
        self.files = files
        self.findings = findings
        self.sources: list[str] = [main.origin]
        self.patterns: list[str] = []
        self._read = {posixpath.normpath(main.origin)}

    def included(self) -> Iterator[Document]:
        """The files that `include` finds, in name order for each pattern."""
        for index, pattern in enumerate(self._list("include")):
            path: Path = ("include", index)
            if not isinstance(pattern, str) or not pattern:
                self._add(path, "E102", f"expected a pattern of files, found {told(pattern)}")
                continue
            names = self._matches(path, pattern)
            if names is not None and not names and not WILD.search(pattern):
                hint = 'only a pattern such as "jobs.d/*.toml" may find nothing'
                self._add(path, "E141", f"{quoted(pattern)} names no file", hint)
            for name in names or ():
                content = self._content(path, name)
                document = None if content is None else self._document(name, content)
                if document:
                    yield document

    def crontabs(self) -> Iterator[Tab]:
        """The files that `crontabs` names."""
        for index, one in enumerate(self._list("crontabs")):
            path: Path = ("crontabs", index)
            table = {"path": one} if isinstance(one, str) else one
            source, bad = converted(Crontab, table, (self.main, path), self.findings, dict)
            if source and not bad:
                yield from self._tabs(path, source)

    def _tabs(self, path: Path, source: Crontab) -> Iterator[Tab]:
        names: Sequence[str] = [resolved(source.path, folder_of(self.main.origin))]
        if WILD.search(source.path):
            matches = self._matches(path, source.path) or ()
            names = [n for n in matches if not n.startswith(CRON_D) or CRON_D_NAME.fullmatch(n)]
        for name in names:
            style = source.style or style_of(name)
            if style == "system" and source.user:
                message = "lines of the system's crontab name their user themselves"
                self._add((*path, "user"), "E131", message)
            content = self._content(path, name)
            if content is None:
                continue
            try:
                yield Tab(name, decoded(name, content), style, source.user or _owner(name))
            except ConfigError as error:
                self.findings.extend(error.problems)

    def _list(self, key: str) -> list[object]:
        value = self.main.tables.get(key, [])
        if isinstance(value, list):
            return value
        self._add((key,), "E102", f"expected a list, found {told(value)}")
        return []

    def _matches(self, path: Path, pattern: str) -> Sequence[str] | None:
        """The files a pattern finds, sorted; None when it could not be looked for."""
        full = resolved(pattern, folder_of(self.main.origin))
        self.patterns.append(full)
        try:
            return sorted(self.files.matches(full))
        except JobrunnerError as error:
            self._unusable(path, pattern, error)
            return None

    def _content(self, path: Path, name: str) -> bytes | None:
        if posixpath.normpath(name) in self._read:
            return None
        self._read.add(posixpath.normpath(name))
        self.sources.append(name)
        try:
            return self.files.read(name)
        except JobrunnerError as error:
            self._unusable(path, name, error)
            return None

    def _document(self, name: str, content: bytes) -> Document | None:
        try:
            return read(name, content)
        except ConfigError as error:
            self.findings.extend(error.problems)
            return None

    def _unusable(self, path: Path, name: str, error: JobrunnerError) -> None:
        self.findings.add(self.main, path, unusable(quoted(name), error))

    def _add(self, path: Path, code: str, message: str, hint: str = "") -> None:
        self.findings.add(self.main, path, Refusal(code, message, hint))


def _owner(path: str) -> str:
    spooled = SPOOLED.fullmatch(path)
    return spooled[1] if spooled else ""
