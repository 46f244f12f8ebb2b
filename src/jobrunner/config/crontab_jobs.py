"""The jobs of a classic crontab, as the tables that a jobs.toml would declare them with."""

import re
from collections.abc import Container, Mapping
from typing import Any

from jobrunner.config.crontab import Entry, Setting, Span, Style, Unreadable, lines
from jobrunner.config.document import Document
from jobrunner.config.finding import Findings
from jobrunner.config.position import Path, Spot
from jobrunner.config.spelling import shown
from jobrunner.digest import sha256

# What stands before the program that a line is about.
BEFORE = re.compile(
    r"""(?:[\s({]+
    |cd\s+\S+\s*(?:&&|;)
    |(?:test|\[)\s[^&|;]*(?:&&|\|\||;)
    |[A-Za-z_]\w*=\S*
    |(?:flock|timeout)(?:\s+-\S+)*\s+\S+
    |(?:nice|ionice|sudo)(?:\s+-[a-z]\s+\S+|\s+-\S+)*
    |(?:env|exec|nohup|chronic|php|perl|python3?|sh|bash)(?=\s)(?:\s+-\S+)*
    )*""",
    re.VERBOSE,
)
WORD = re.compile(r"[^\s;&|(){}<>\"'`$]+")
UNFIT = re.compile(r"[^A-Za-z0-9_.-]+")
LONGEST = 40
# cron sets these itself for each job, whatever the crontab says.
FIXED = {"LOGNAME"}


def style_of(path: str) -> Style:
    """Whether cron expects a user in each line of this file."""
    return "system" if path == "/etc/crontab" or path.startswith("/etc/cron.d/") else "user"


class CrontabJobs:
    """Collects the jobs of one crontab.  `document` holds their tables and places at the end."""

    def __init__(self, origin: str, text: str, findings: Findings, taken: Container[str]) -> None:
        self.findings = findings
        self.taken = taken
        self.tables: dict[str, Any] = {}
        self.spots: dict[Path, Spot] = {}
        self.document = Document(origin, text, {"jobs": self.tables}, self.spots)
        self.notes: list[str] = []
        self._env: dict[str, str] = {}
        self._spans: dict[str, Span] = {}

    def read(self, style: Style, user: str) -> None:
        for line in lines(self.document.text, style):
            match line:
                case Setting():
                    self._setting(line)
                case Entry():
                    self._entry(line, user)
                case Unreadable():
                    path: Path = ("line", line.span[0])
                    self.spots[path] = Spot(line.span, line.span)
                    self.findings.add(self.document, path, line.refusal)

    def _setting(self, setting: Setting) -> None:
        name, value = setting.name, setting.value
        if name == "MAILTO" and value:
            self._note(setting, "sends no mail here; a channel in `notify` does")
        elif name in FIXED:
            self._note(setting, "not set, as in cron: it is the name of the job's user")
        elif name != "MAILTO":
            self._env[name] = value
            self._spans[name] = setting.span

    def _note(self, setting: Setting, what: str) -> None:
        line, _, _ = self.document.place(setting.span[0])
        place = f"{shown(self.document.origin)}:{line}"
        self.notes.append(f"{place}: {setting.name}={shown(setting.value)}: {what}")

    def _entry(self, entry: Entry, user: str) -> None:
        name = self._name(entry)
        path: Path = ("jobs", name)
        self.tables[name] = table_of(entry, user, self._env)
        self.spots[path] = Spot(entry.span, entry.span)
        self.spots[(*path, "cron")] = Spot(entry.cron_span, entry.cron_span)
        for key, variable in (("timezone", "CRON_TZ"), ("shell", "SHELL")):
            if variable in self._spans:
                self.spots[(*path, key)] = Spot(self._spans[variable], self._spans[variable])

    def _name(self, entry: Entry) -> str:
        """A name from the command; where it is taken, with a mark of the line's content."""
        slug = slug_of(entry.command)
        content = repr((entry.cron, entry.user, entry.command, entry.stdin))
        mark = sha256(content.encode()).hexdigest()[:6]
        name, number = slug, 1
        while name in self.tables or name in self.taken:
            name = f"{slug}-{mark}" if number == 1 else f"{slug}-{mark}-{number}"
            number += 1
        return name


def table_of(entry: Entry, user: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """The keys of a line; `variables` are those that are set above it."""
    env = dict(variables)
    table: dict[str, Any] = {"cron": " ".join(entry.cron.split()), "command": entry.command}
    if entry.stdin:
        table["stdin"] = entry.stdin
    if entry.user or user:
        table["user"] = entry.user or user
    if "CRON_TZ" in env:
        table["timezone"] = env.pop("CRON_TZ")
    if env.get("SHELL"):
        table["shell"] = env["SHELL"]
    if env.get("HOME"):
        table["cwd"] = env["HOME"]
    if env:
        table["env"] = env
    return table


def slug_of(command: str) -> str:
    """The name of the program that a command is about, fit for a job's name."""
    start = BEFORE.match(command)
    words = (word.rpartition("/")[2] for word in WORD.findall(command, start.end() if start else 0))
    slug = UNFIT.sub("-", next(filter(None, words), "job")).strip("-.")
    stem = re.sub(r"\.(?:sh|py|pl|php|rb)\Z", "", slug)
    return stem[:LONGEST] or "job"
