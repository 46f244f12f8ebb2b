"""jobs.toml and the files it names, from text to one Config."""

import gc
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jobrunner.config import chain
from jobrunner.config.declared import Declared
from jobrunner.config.document import Document, read
from jobrunner.config.files import NO_FILES, Files
from jobrunner.config.finding import Findings, Refusal
from jobrunner.config.layer import Home, Table, folder_of, resolved
from jobrunner.config.position import Path
from jobrunner.config.problem import ConfigError
from jobrunner.config.section import Sections
from jobrunner.config.spelling import meant, quoted, shown, told
from jobrunner.config.zone import host_zone
from jobrunner.errors import JobrunnerError
from jobrunner.model.job import Job
from jobrunner.model.settings import Channel, Config
from jobrunner.model.value import Zone

MAIN = (
    "version",
    "include",
    "crontabs",
    "settings",
    "defaults",
    "jobs",
    "notify",
    "pools",
    "serve",
    "metrics",
)
INCLUDED = ("defaults", "jobs", "notify", "pools")
NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9_.-]{1,64}")


def parse(
    text: str | bytes,
    origin: str,
    files: Files = NO_FILES,
    *,
    local: Zone | None = None,
    allow_later: bool = False,
) -> Config:
    """What jobs.toml says, or a ConfigError that carries every problem in it.

    `origin` is the path it came from: relative paths in it are seen from its folder, and messages
    name it.  `local` is what the zone "local" means, by default the host's.  `allow_later` accepts
    keys that are part of the format and not acted on yet.
    """
    with _without_collection():
        main = read(origin, text)
        return _Parse(files, local or host_zone(), allow_later=allow_later).run(main)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Many values are made here and all are kept: looking for garbage meanwhile is in vain."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Parse:
    def __init__(self, files: Files, local: Zone, *, allow_later: bool) -> None:
        self.files = files
        self.local = local
        self.allow_later = allow_later
        self.findings = Findings()
        self.sources: list[str] = []
        self.patterns: list[str] = []
        self.places: dict[tuple[str, str], tuple[Document, Path]] = {}
        self.jobs: dict[str, Job] = {}
        self.pools: dict[str, int] = {}
        self.channels: dict[str, Channel] = {}
        self.notes: list[str] = []

    def run(self, main: Document) -> Config:
        self.sources.append(main.origin)
        self._top(main, MAIN)
        self._version(main)
        base = self._document(main)
        for document in self._included(main):
            self._top(document, INCLUDED)
            self._document(document)
        self._crontabs(main, base)
        sections = Sections(main, self.findings, allow_later=self.allow_later)
        config = Config(
            origin=main.origin,
            settings=sections.settings(),
            pools=self.pools,
            channels=self.channels,
            jobs=self.jobs,
            serve=sections.serve(),
            metrics=sections.metrics(),
            sources=tuple(dict.fromkeys(self.sources)),
            patterns=tuple(self.patterns),
            notes=tuple(self.notes),
        )
        self._references()
        self.findings.settle()
        return config

    def _top(self, document: Document, known: tuple[str, ...]) -> None:
        """The keys at the top of a file, and characters that nothing can carry."""
        for key in document.tables:
            if key in known:
                continue
            if key in MAIN:
                message = f"`{key}` stands in the main file only"
                self.findings.at_key(document, (key,), Refusal("E142", message))
            else:
                refusal = Refusal("E101", f"unknown key {quoted(key)}", meant(key, known))
                self.findings.at_key(document, (key,), refusal)
        for path in document.unusable():
            message = "a NUL character cannot be passed on to anything"
            self.findings.add(document, path, Refusal("E114", message))

    def _version(self, main: Document) -> None:
        version = main.tables.get("version", 1)
        if isinstance(version, bool) or version != 1:
            message = f"version {told(version)} of the format is not known here"
            hint = "this jobrunner knows version 1"
            self.findings.add(main, ("version",), Refusal("E160", message, hint))

    def _document(self, document: Document) -> Table:
        """Everything of one file that more than one may hold; gives what its jobs build on."""
        home = Home(folder_of(document.origin), self.local)
        base: Table = {"cwd": home.folder, "timezone": self.local}
        declared = Declared(document, home, self.findings, self.files, allow_later=self.allow_later)
        base = declared.defaults(base)
        tables = document.tables.get("jobs", {})
        if isinstance(tables, dict):
            self._jobs(declared, tables, base)
        else:
            message = f"expected a table, found {told(tables)}"
            self.findings.add(document, ("jobs",), Refusal("E102", message))
        sections = Sections(document, self.findings, allow_later=self.allow_later)
        for name, places in sections.pools():
            if self._is_new("pools", name, document):
                self.pools[name] = places
        for name, channel in sections.channels():
            if self._is_new("notify", name, document):
                self.channels[name] = channel
        self.sources += declared.sources
        return base

    def _jobs(self, declared: Declared, tables: Mapping[str, Any], base: Table) -> None:
        for name, own in tables.items():
            if not self._is_new("jobs", name, declared.document):
                continue
            job = declared.job(name, own, base)
            if job:
                self.jobs[name] = job

    def _is_new(self, section: str, name: str, document: Document) -> bool:
        """Whether a name is well formed and declared here first."""
        path = (section, name)
        if not NAME.fullmatch(name):
            hint = "1 to 64 of A-Z a-z 0-9 _ . -"
            refusal = Refusal("E113", f"{quoted(name)} is not a name", hint)
            self.findings.at_key(document, path, refusal)
        elsewhere = self.places.setdefault(path, (document, path))
        if elsewhere == (document, path):
            return True
        other, where = elsewhere
        line, column, _ = other.place(other.span(where, key=True)[0])
        message = f"[{section}.{shown(name)}] is declared twice"
        hint = f"first declared at {shown(other.origin)}:{line}:{column}"
        self.findings.at_key(document, path, Refusal("E140", message, hint))
        return False

    def _included(self, main: Document) -> Iterator[Document]:
        for path, pattern in self._names(main, "include"):
            full = resolved(pattern, folder_of(main.origin))
            self.patterns.append(full)
            try:
                matches = sorted(self.files.matches(full))
            except JobrunnerError as error:
                self._unreadable(main, path, pattern, error)
                continue
            for name in matches:
                document = self._read(main, path, name)
                if document:
                    yield document

    def _read(self, main: Document, path: Path, name: str) -> Document | None:
        """An included file, once."""
        if name in self.sources:
            return None
        self.sources.append(name)
        try:
            return read(name, self.files.read(name))
        except ConfigError as error:
            self.findings.extend(error.problems)
        except JobrunnerError as error:
            self._unreadable(main, path, name, error)
        return None

    def _names(self, main: Document, key: str) -> Iterator[tuple[Path, str]]:
        """The strings of a list at the top, each with its place."""
        value = main.tables.get(key, [])
        if not isinstance(value, list):
            message = f"expected a list, found {told(value)}"
            self.findings.add(main, (key,), Refusal("E102", message))
            return
        for index, name in enumerate(value):
            if isinstance(name, str) and name:
                yield (key, index), name
            else:
                message = f"expected the name of a file, found {told(name)}"
                self.findings.add(main, (key, index), Refusal("E102", message))

    def _unreadable(self, main: Document, path: Path, name: str, error: JobrunnerError) -> None:
        self.findings.add(main, path, Refusal("E141", f"{quoted(name)} cannot be used: {error}"))

    def _crontabs(self, main: Document, base: Table) -> None: ...

    def _references(self) -> None:
        """Names that jobs give each other, their pools and their channels."""
        for name, job in self.jobs.items():
            if not (job.after or job.pool or job.notify):
                continue
            document, path = self.places["jobs", name]
            for where, refusal in self._unknown(job):
                own = document.tables["jobs"][name]
                inherited = where[0] not in own
                at = ("defaults", *where) if inherited else (*path, *where)
                self.findings.add(document, at, refusal)
        for cycle in chain.cycles(self.jobs):
            document, path = self.places["jobs", cycle[0]]
            message = f"jobs wait for each other: {' -> '.join(cycle)}"
            self.findings.add(document, (*path, "after"), Refusal("E123", message))

    def _unknown(self, job: Job) -> Iterator[tuple[Path, Refusal]]:
        section = {name for kind, name in self.places if kind == "jobs"}
        for index, name in enumerate(job.after):
            if name not in section:
                message = f"[jobs.{job.name}] waits for {quoted(name)}, which no table declares"
                yield ("after", index), Refusal("E122", message, meant(name, section))
        if job.pool and ("pools", job.pool) not in self.places:
            message = f"[jobs.{job.name}] names pool {quoted(job.pool)}, which [pools] lacks"
            yield ("pool",), Refusal("E121", message, meant(job.pool, self.pools))
        for index, name in enumerate(job.notify):
            if ("notify", name) not in self.places:
                message = (
                    f"[jobs.{job.name}] names channel {quoted(name)} in notify, "
                    "which no [notify.*] table defines"
                )
                known = {name for kind, name in self.places if kind == "notify"}
                yield ("notify", index), Refusal("E120", message, meant(name, known))
