"""jobs.toml and the files it names, from text to one Config."""

from collections.abc import Mapping
from typing import Any

from jobrunner.config.crontab_jobs import CrontabJobs
from jobrunner.config.declared import Declared
from jobrunner.config.document import Document, read
from jobrunner.config.files import NO_FILES, Files
from jobrunner.config.finding import Findings, Refusal
from jobrunner.config.layer import Home, Table, folder_of
from jobrunner.config.names import Names
from jobrunner.config.outside import Outside, Tab
from jobrunner.config.plenty import without_collection
from jobrunner.config.reference import check_references
from jobrunner.config.section import Sections
from jobrunner.config.spelling import meant, quoted, told
from jobrunner.config.zone import host_zone
from jobrunner.model.job import Job
from jobrunner.model.settings import Channel, Config
from jobrunner.model.value import Zone

VERSION = 1
INCLUDED = ("defaults", "jobs", "notify", "pools")
MAIN = (*INCLUDED, "version", "include", "crontabs", "settings", "serve", "metrics", "cluster")


def parse(
    text: str | bytes,
    origin: str,
    files: Files = NO_FILES,
    *,
    local: Zone | None = None,
) -> Config:
    """What jobs.toml says, or a ConfigError that carries every problem in it.

    `origin` is the path it came from: relative paths in it are seen from its folder, and messages
    name it.  `local` is what the zone "local" means, by default the host's.
    """
    with without_collection():
        main = read(origin, text)
        return _Assembly(main, files, local or host_zone()).config()


class _Assembly:
    jobs: dict[str, Job]
    pools: dict[str, int]
    channels: dict[str, Channel]

    def __init__(self, main: Document, files: Files, local: Zone) -> None:
        self.main = main
        self.files = files
        self.local = local
        self.findings = Findings()
        self.names = Names(self.findings)
        self.outside = Outside(main, files, self.findings)
        self.jobs, self.pools, self.channels = {}, {}, {}
        self.calendars: list[str] = []
        self.notes: list[str] = []

    def config(self) -> Config:
        self._version()
        base = self._document(self.main, MAIN)
        for document in self.outside.included():
            self._document(document, INCLUDED)
        for tab in self.outside.crontabs():
            self._crontab(tab, base)
        check_references(self.jobs, self.names, self.findings)
        sections = self._sections(self.main)
        sources = tuple(dict.fromkeys(self.outside.sources + self.calendars))
        config = Config(
            origin=self.main.origin,
            settings=sections.settings(),
            pools=self.pools,
            channels=self.channels,
            jobs=self.jobs,
            serve=sections.serve(),
            metrics=sections.metrics(),
            cluster=sections.cluster(),
            notify=self._usual_channels(base),
            sources=sources,
            patterns=tuple(self.outside.patterns),
            notes=tuple(self.notes),
        )
        self.findings.settle(sources, len(self.names.of("jobs")))
        return config

    def _usual_channels(self, base: Table) -> tuple[str, ...]:
        """The channels of [defaults] that are there."""
        named = base.get("notify", ())
        return tuple(name for name in named if name in self.channels)

    def _version(self) -> None:
        version = self.main.tables.get("version", VERSION)
        if type(version) is not int or version != VERSION:
            message = f"version {told(version)} of the format is not known here"
            refusal = Refusal("E160", message, f"this jobrunner knows version {VERSION}")
            self.findings.add(self.main, ("version",), refusal)

    def _document(self, document: Document, known: tuple[str, ...]) -> Table:
        """Everything of one file that several may hold; gives what its jobs build on."""
        self._top(document, known)
        declared = self._declared(document)
        base = declared.defaults({"cwd": declared.home.folder, "timezone": self.local})
        tables = document.tables.get("jobs", {})
        if isinstance(tables, dict):
            self._jobs(declared, tables, base)
        else:
            message = f"expected a table, found {told(tables)}"
            refusal = Refusal("E102", message, "a job is declared as [jobs.NAME]")
            self.findings.add(document, ("jobs",), refusal)
        sections = self._sections(document)
        pools, channels = sections.pools(), sections.channels()
        self.pools |= {n: p for n, p in pools if self.names.declare("pools", n, document)}
        self.channels |= {n: c for n, c in channels if self.names.declare("notify", n, document)}
        return base

    def _top(self, document: Document, known: tuple[str, ...]) -> None:
        """The keys at the top of a file, and characters that nothing can carry."""
        for key in document.tables.keys() - set(known):
            if key in MAIN:
                refusal = Refusal("E142", f"`{key}` stands in the main file only")
            else:
                refusal = Refusal("E101", f"unknown key {quoted(key)}", meant(key, known))
            self.findings.add(document, (key,), refusal, at_key=True)
        for path in document.unusable():
            message = "a NUL character cannot be passed on to anything"
            self.findings.add(document, path, Refusal("E114", message))

    def _jobs(self, declared: Declared, tables: Mapping[str, Any], base: Table) -> None:
        for name, own in tables.items():
            if self.names.declare("jobs", name, declared.document):
                job = declared.job(name, own, base)
                if job:
                    self.jobs[name] = job
        self.calendars += declared.calendars

    def _crontab(self, tab: Tab, base: Table) -> None:
        """Lines of a classic crontab as jobs, over the main file's [defaults]; at home, as cron."""
        crontab = CrontabJobs(tab.origin, tab.text, self.findings, self.names.of("jobs"))
        crontab.read(tab.style, tab.user)
        self.notes += crontab.notes
        chosen = "cwd" in self.main.defaults
        base = base if chosen else {**base, "cwd": "~"}
        self._jobs(self._declared(crontab.document), crontab.tables, base)

    def _declared(self, document: Document) -> Declared:
        home = Home(folder_of(document.origin), self.local)
        return Declared(document, home, self.findings, self.files)

    def _sections(self, document: Document) -> Sections:
        return Sections(document, self.findings)
