"""A classic crontab as jobs to be, line by line, with all that will not be as it was."""

import re
from collections.abc import Container, Iterator
from datetime import UTC
from itertools import takewhile
from typing import Any

from jobrunner import cron
from jobrunner.config.crontab import Entry, Setting, Style, Unreadable, lines
from jobrunner.config.crontab_jobs import FIXED, table_of
from jobrunner.config.quantity import spelt
from jobrunner.config.spelling import quoted
from jobrunner.cron import CronError
from jobrunner.formats.address import addressed
from jobrunner.formats.crontab.command import adapted, is_tick
from jobrunner.formats.crontab.title import title_of
from jobrunner.formats.found import Found, LeftOut, Mailbox, Reading, Told
from jobrunner.model.secret import is_secret
from jobrunner.model.value import Duration
from jobrunner.schedule.compose import REBOOT
from jobrunner.template import PIECE

OVERLAP = (
    "cron starts a job again while it still runs; jobrunner skips that slot and says so"
    ' (overlap = "allow" for the old way)'
)
NUMBERS = ("no", "one", "two", "three", "four")
IN_FIELD = re.compile(r"[0-9*][0-9A-Za-z*,/-]*")
# What Debian's cron takes; the rest of what a field may hold is jobrunner's.
CLASSIC = re.compile(
    r"(?:\*|(?:[0-9]+|[a-z]{3})(?:-(?:[0-9]+|[a-z]{3}))?)(?:/[0-9]+)?", re.IGNORECASE
)
FROM_ON = re.compile(r"(?:^|[\s,])(?P<form>[0-9]+/[0-9]+)(?=$|[\s,])")
DELAY = "RANDOM_DELAY"
MINUTES = re.compile(r"[0-9]{1,5}")
# Where each of cron's own variables goes; any other is one of the jobs'.
KEYS = {"SHELL": "shell", "HOME": "cwd", "CRON_TZ": "timezone", DELAY: "jitter"}
# cron mails whatever a job prints; a job that fails without a word is told, too.
EVENTS = ("failure", "timeout", "lost", "missed", "output")
BY_SMTP = "sent by SMTP to localhost:25, not through sendmail; smtp = ... names another host"
ZONED = (
    "as cronie means it. Debian's cron does not read it and ran these jobs at local times: if that"
    " was right, take timezone out of them"
)
DELAYED = "cronie draws it anew each time; jitter is fixed for each slot, so that `next` can tell"


def read(
    title: str, path: str, text: str, *, style: Style, user: str, taken: Container[str]
) -> Reading:
    """The jobs of a crontab; `user` runs them where lines do not say who does."""
    reader = _Reader(text, user, taken)
    for line in lines(text, style):
        reader.take(line)
    return Reading(
        title=title,
        path=path,
        lines=text.count("\n") + (not text.endswith("\n") and bool(text)),
        jobs=tuple(reader.jobs),
        left_out=tuple(reader.left_out),
        settings=tuple(reader.settings),
        notes=(OVERLAP,) if reader.jobs else (),
        channels={name: Mailbox(to) for to, name in reader.channels.items()},
    )


class _Reader:
    def __init__(self, text: str, user: str, taken: Container[str]) -> None:
        self.jobs: list[Found] = []
        self.left_out: list[LeftOut] = []
        self.settings: list[Told] = []
        self._text, self._user, self._taken = text, user, taken
        self._names: set[str] = set()
        self._env: dict[str, str] = {}
        self.channels: dict[tuple[str, ...], str] = {}
        self._channel = ""

    def take(self, line: Setting | Entry | Unreadable) -> None:
        match line:
            case Setting():
                self._setting(line)
            case Entry():
                self._entry(line)
            case Unreadable():
                self._leave(line, _why(self._source(line), line))

    def _setting(self, setting: Setting) -> None:
        name, value = setting.name, setting.value
        if name == "MAILTO":
            self.settings.append(self._mail(setting))
            return
        is_own = name not in {"MAILFROM", *FIXED} and _is_text(value)
        if is_own:
            self._env[name] = value
        told = Told(
            line=self._line(setting),
            what=f"{name}={'***' if is_secret(name) and value else value}",
            keys=(KEYS.get(name, f"env.{name}"),) if is_own else (),
            becomes="timezone of the jobs below it" if name == "CRON_TZ" and is_own else "",
            notes=tuple(_notes_on(name, value)),
        )
        self.settings.append(told)

    def _mail(self, setting: Setting) -> Told:
        """The channel of the jobs below it; an empty one ends it."""
        addresses, notes = addressed(setting.value)
        self._channel = ""
        becomes = ""
        if addresses:
            many = f"-{len(self.channels) + 1}" if self.channels else ""
            self._channel = self.channels.setdefault(addresses, f"mail{many}")
            events = ", ".join(f'"{event}"' for event in EVENTS)
            becomes = f"[notify.{self._channel}], notify_on = [{events}]"
            notes = (*notes, BY_SMTP)
        what = f"MAILTO={setting.value}"
        return Told(line=self._line(setting), what=what, becomes=becomes, notes=notes)

    def _entry(self, entry: Entry) -> None:
        if is_tick(entry.command):
            self._leave(entry, "it makes jobrunner look at the clock, and stays as it is")
            return
        if not _is_text(self._source(entry)):
            self._leave(entry, "it is not UTF-8, as jobs.toml must be")
            return
        name = title_of(entry.command, self)
        expression = " ".join(entry.cron.split())
        try:
            if expression != REBOOT:
                cron.parse(expression, UTC, name=name)
        except CronError as error:
            self._leave(entry, f"{error}; cron itself ignores it too")
            return
        self._names.add(name)
        kept = adapted(entry.command)
        notes = (*kept.notes, *_about(expression), *self._filled())
        self.jobs.append(
            Found(
                name=name,
                table=self._table(entry, kept.command),
                line=self._line(entry),
                when=expression,
                what=self._source(entry)[len(entry.cron) :].strip(),
                becomes=_change_of_form(entry),
                notes=notes,
            )
        )

    def __contains__(self, name: object, /) -> bool:
        return name in self._names or name in self._taken

    def _table(self, entry: Entry, command: str) -> dict[str, Any]:
        env = {name: value for name, value in self._env.items() if name != DELAY}
        # cron starts a job in the home of its user.
        table = {"cwd": "~"} | table_of(entry, self._user, env) | {"command": command}
        if MINUTES.fullmatch(delay := self._env.get(DELAY, "")) and int(delay):
            table["jitter"] = spelt(Duration(minutes=int(delay)))
        if self._channel:
            # What was thrown away was never mailed.
            silent = {"output"} if command != entry.command else set()
            events = [event for event in EVENTS if event not in silent]
            table |= {"notify": [self._channel], "notify_on": events}
        return {key: table[key] for key in ORDER if key in table}

    def _filled(self) -> Iterator[str]:
        for name, value in self._env.items():
            if PIECE.search(value):
                yield f"{name} holds a placeholder, which jobrunner fills in"

    def _leave(self, line: Entry | Unreadable, reason: str) -> None:
        source = self._source(line)
        self.left_out.append(LeftOut(line=self._line(line), what=source, reason=reason))

    def _line(self, line: Setting | Entry | Unreadable) -> int:
        return self._text.count("\n", 0, line.span[0]) + 1

    def _source(self, line: Setting | Entry | Unreadable) -> str:
        return self._text[slice(*line.span)]


ORDER = (
    *("cron", "timezone", "command", "stdin", "shell", "cwd", "user", "env", "jitter"),
    *("notify", "notify_on"),
)


def _change_of_form(entry: Entry) -> str:
    if entry.stdin:
        return "% became stdin"
    return f'cron = "{REBOOT}"' if entry.cron == REBOOT else ""


def _notes_on(name: str, value: str) -> Iterator[str]:
    if not _is_text(value):
        yield "left out: it is not UTF-8"
    elif name in FIXED:
        yield "not set, as in cron: it is the name of the job's user"
    elif name == "CRON_TZ":
        yield ZONED
    elif name == DELAY and value.strip("0"):
        yield DELAYED if MINUTES.fullmatch(value) else "left out: not a number of minutes"
    elif is_secret(name) and value:
        yield "stands in jobs.toml in clear text now; env_file keeps it in a file of its own"


def _is_text(value: str) -> bool:
    """Whether it is UTF-8; bytes that are not were kept apart as surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _about(expression: str) -> Iterator[str]:
    if expression.startswith("@"):
        return
    pieces = expression.replace(",", " ").split()
    if odd := next((piece for piece in pieces if not CLASSIC.fullmatch(piece)), None):
        yield f"cron ignores this line, because of {quoted(odd)}; jobrunner runs it"
    if found := FROM_ON.search(expression):
        yield f"{found['form']} is read as Debian's cron does; other crons differ"


def _why(source: str, line: Unreadable) -> str:
    fields = sum(1 for _ in takewhile(IN_FIELD.fullmatch, source.split()))
    if 0 < fields < len(NUMBERS):
        return f"{NUMBERS[fields]} field{'s' * (fields > 1)}, cron itself ignores it too"
    return f"{line.refusal}"
