"""The jobs of one document: its [defaults], then each job over them."""

from collections.abc import Mapping
from typing import Any

from msgspec import structs

from jobrunner.config.check import faults
from jobrunner.config.convert import converted
from jobrunner.config.document import Document
from jobrunner.config.due import never_due
from jobrunner.config.files import NO_FILES, Files
from jobrunner.config.finding import Findings, Refusal, unusable
from jobrunner.config.layer import Home, Table, layered
from jobrunner.config.position import Path
from jobrunner.config.spelling import quoted
from jobrunner.errors import JobrunnerError
from jobrunner.model.job import Job
from jobrunner.model.value import Dates
from jobrunner.schedule.day import of_ics, of_list

# What a job is and when it runs: no defaults for these.
OWN = {
    "description",
    "command",
    "http",
    "python",
    "args",
    "sql",
    "sql_file",
    "sql_params",
    "cron",
    "every",
    "at",
    "schedules",
    "after",
    "stdin",
    "params",
}


class Declared:
    """Turns the job tables of one document into jobs; what is wrong goes to `findings`."""

    def __init__(self, document: Document, home: Home, findings: Findings, files: Files) -> None:
        self.document = document
        self.home = home
        self.findings = findings
        self.files = files
        self.calendars: dict[str, Dates] = {}

    def defaults(self, base: Table) -> Table:
        """[defaults] over what is built in, without the keys that are wrong."""
        own = self.document.tables.get("defaults", {})
        path: Path = ("defaults",)
        _, bad = converted(
            Job, own, (self.document, path), self.findings, lambda own: self._whole(base, own, "")
        )
        if not isinstance(own, dict):
            return base
        for key in OWN & own.keys():
            message = f"`{key}` cannot be a default"
            refusal = Refusal("E132", message, "write it in each job")
            self.findings.add(self.document, (*path, key), refusal, at_key=True)
        good = {key: own[key] for key in own.keys() - OWN - bad}
        return layered(base, good, self.home)

    def job(self, name: str, own: Any, base: Table) -> Job | None:
        """One job, as good as it can be made; None when there is nothing to make it of."""
        path: Path = ("jobs", name)
        job, bad = converted(
            Job, own, (self.document, path), self.findings, lambda own: self._whole(base, own, name)
        )
        if not isinstance(own, dict):
            return None
        if job is None:
            return None
        self._check(job, own, path, bad)
        return self._with_days(job, path) if job.calendar else job

    def _whole(self, base: Table, own: Mapping[str, Any], name: str) -> Table:
        table = layered(base, own, self.home)
        table["name"] = name
        table["origin"] = self.document.origin
        return table

    def _check(self, job: Job, own: Mapping[str, Any], path: Path, bad: set[str]) -> None:
        sound = not bad
        for where, refusal, value in faults(job, own.keys() - bad):
            sound = False
            if refusal.code == "E130" and bad:
                continue
            self.findings.add(self.document, self.place(where, own, path), refusal, value)
        if sound:
            for where, refusal, _ in never_due(job):
                self.findings.add(self.document, self.place(where, own, path), refusal)

    def place(self, where: Path, own: Mapping[str, Any], path: Path) -> Path:
        """Where a key of the job stands: in its table, else in the defaults."""
        inherited = where and where[0] not in own and where[0] in self.document.defaults
        return ("defaults", *where) if inherited else (*path, *where)

    def _with_days(self, job: Job, path: Path) -> Job:
        """The job with the days of its calendar's file."""
        calendar = job.calendar
        assert calendar is not None
        file = calendar.ics or calendar.file
        if not file or self.files is NO_FILES:
            return job
        try:
            days = self._days(file, is_ics=bool(calendar.ics))
        except JobrunnerError as error:
            where = self.place(("calendar",), self.document.tables["jobs"][job.name], path)
            self.findings.add(self.document, where, unusable(f"calendar {quoted(file)}", error))
            return job
        return structs.replace(job, calendar=structs.replace(calendar, days=days))

    def _days(self, file: str, *, is_ics: bool) -> Dates:
        """The days of a file, which many jobs may name."""
        if file not in self.calendars:
            self.calendars[file] = Dates()
            text = self.files.read(file).decode(errors="replace")
            self.calendars[file] = of_ics(text) if is_ics else of_list(text)
        return self.calendars[file]
