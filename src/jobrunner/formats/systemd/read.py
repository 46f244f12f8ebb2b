"""A timer and its service as a job to be, with all that will not be as it was."""

import re
import shlex
from collections.abc import Container, Iterator
from datetime import UTC
from typing import Any, NamedTuple

from jobrunner import cron
from jobrunner.config.crontab_jobs import UNFIT
from jobrunner.config.quantity import spelt
from jobrunner.cron import CronError
from jobrunner.formats.found import Found, LeftOut, Reading
from jobrunner.formats.leaving import CannotSayError
from jobrunner.formats.systemd.oncalendar import Calendar, cron_of
from jobrunner.formats.systemd.span import seconds_of
from jobrunner.formats.systemd.words import Line, line_of, specified, split
from jobrunner.formats.unitfile import Unit
from jobrunner.model.value import Duration
from jobrunner.template import PIECE

# Settings that say nothing that a job would not do anyway, or only how systemd shows them.
SILENT = {
    *("Unit", "AccuracySec", "RemainAfterElapse", "WantedBy", "RequiredBy", "Also", "Alias"),
    *("SyslogIdentifier", "Before", "DefaultDependencies", "FixedRandomDelay", "KillMode"),
}
# Settings that narrow what the process can do; told together.
SANDBOX = re.compile(
    r"(?:Protect|Private|Restrict|NoNew|Capability|Ambient|SystemCall|ReadWrite|ReadOnly|Inaccess|"
    r"Memory(?!Max)|Lock|Dynamic|Bind|Root|Temporary|Device|IP|Remove)\w*"
)
PLAIN = {"User": "user", "Group": "group"}
LIMITS = {"LimitNOFILE": "open_files", "LimitNPROC": "processes"}
SCHEDULE = "OnCalendar"
MOMENTS = ("OnBootSec", "OnStartupSec")
TRUE = {"yes", "true", "on", "1"}
QUIET_TYPES = {"", "simple", "exec", "oneshot"}


class Pair(NamedTuple):
    """A timer, its service, their names, and whose service manager they are of."""

    name: str
    timer: Unit
    service_name: str
    service: Unit
    is_user: bool


def read(pair: Pair, path: str, lines: int, taken: Container[str]) -> Reading:
    """The job of a timer; left out where it says nothing that can be executed or planned."""
    reader = _Reader(pair)
    when = "; ".join(f"{key}={value}" for key, value in reader.whens()) or "never"
    try:
        table = reader.table()
    except CannotSayError as error:
        left = LeftOut(line=1, what=pair.name, reason=f"{error}")
        return Reading(title=pair.name, path=path, lines=lines, left_out=(left,))
    found = Found(
        name=_name(pair.name, taken),
        table=table,
        line=1,
        when=when,
        what="; ".join(pair.service.values("Service", "ExecStart")),
        notes=tuple(dict.fromkeys(reader.notes)),
    )
    return Reading(
        title=f"{pair.name} and {pair.service_name}", path=path, lines=lines, jobs=(found,)
    )


def _name(unit: str, taken: Container[str]) -> str:
    stem = UNFIT.sub("-", unit.rpartition(".")[0].removeprefix("job-"))[:60].strip("-.") or "job"
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}"
    return name


class _Reader:
    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.notes: list[str] = []
        stem, _, _ = pair.service_name.rpartition(".")
        prefix, _, instance = stem.partition("@")
        self._known = {"%": "%", "n": pair.service_name, "N": stem, "p": prefix, "i": instance}

    def whens(self) -> Iterator[tuple[str, str]]:
        for section, key, value in self.pair.timer.settings:
            if section == "Timer" and key.startswith("On") and value:
                yield key, value

    def table(self) -> dict[str, Any]:
        """The keys of the job, in the order in which they are read."""
        made = dict(self._keys())
        self.notes += self._untold()
        return made

    def _keys(self) -> Iterator[tuple[str, Any]]:
        for key, setting in (("description", "Description"), ("docs", "Documentation")):
            value = self.pair.service.value("Unit", setting) or self.pair.timer.value(
                "Unit", setting
            )
            if value and (key == "description" or value.startswith("http")):
                yield key, self._filled(value.split()[0] if key == "docs" else value)
        yield from self._schedule()
        yield from self._command()
        yield from self._place()
        yield from self._limits()

    def _timer(self, key: str) -> list[str]:
        return self.pair.timer.values("Timer", key)

    def _service(self, key: str) -> str:
        return self._filled(self.pair.service.value("Service", key))

    def _filled(self, text: str) -> str:
        filled, unknown = specified(text, self._known)
        self.notes += [f"{specifier} stays as it is: nobody fills it in" for specifier in unknown]
        return filled

    def _schedule(self) -> Iterator[tuple[str, Any]]:
        calendars = [*self._calendars()]
        zones = dict.fromkeys(calendar.zone for calendar in calendars)
        crons = [calendar.cron for calendar in calendars if len(zones) == 1]
        if self._at_boot():
            crons.append("@reboot")
        if crons:
            yield "cron", crons[0] if len(crons) == 1 else crons
        if len(zones) == 1 and (zone := next(iter(zones))):
            yield "timezone", zone
        if len(zones) > 1:
            yield "schedules", [_timing(one.cron, one.zone) for one in calendars]
        yield from self._interval(has_more=bool(calendars))
        if self.pair.timer.value("Timer", "Persistent").lower() in TRUE:
            yield "catch_up", "latest"
        if delay := self.pair.timer.value("Timer", "RandomizedDelaySec"):
            yield "jitter", _span(delay)
            self.notes.append("the delay is the same for each slot, not drawn anew")
        if not calendars and not crons and not any(map(self._timer, INTERVALS)):
            raise CannotSayError("nothing in it says when")

    def _calendars(self) -> Iterator[Calendar]:
        """Those that come due; one that never does is systemd's to keep."""
        for text in self._timer(SCHEDULE):
            calendar = cron_of(self._filled(text))
            try:
                cron.parse(calendar.cron, UTC)
            except CronError:
                self.notes.append(f"{SCHEDULE}={text} never comes due, and is left out")
            else:
                yield calendar

    def _at_boot(self) -> bool:
        """Whether it is also due once the host is up; told where it would be later."""
        late = [f"{key}={value}" for key in MOMENTS for value in self._timer(key)]
        if self._timer("OnActiveSec"):
            self.notes.append("OnActiveSec is left out: nothing here is activated")
        if any(map(self._timer, INTERVALS)):
            self.notes += [f"{one} is left out: the interval has slots of its own" for one in late]
            return False
        for one in late:
            self.notes.append(f"{one} becomes the first tick after the host has started")
        return bool(late)

    def _interval(self, *, has_more: bool) -> Iterator[tuple[str, Any]]:
        for key, anchor in INTERVALS.items():
            for value in self._timer(key)[:1]:
                if has_more and anchor == "end":
                    raise CannotSayError(f"{key} beside {SCHEDULE}")
                yield "every", _span(value)
                if anchor == "end":
                    yield "every_from", anchor
                else:
                    self.notes.append(
                        f"{key}={value} counts from midnight, not from the last start"
                    )

    def _command(self) -> Iterator[tuple[str, Any]]:
        lines = [
            *self._lines("ExecStartPre"),
            *self._lines("ExecStart"),
            *self._lines("ExecStartPost"),
        ]
        if not self._lines("ExecStart"):
            raise CannotSayError(f"{self.pair.service_name} has no ExecStart")
        first = lines[0]
        is_plain = len(lines) == 1 and "-" not in first.prefixes and not first.has_variables
        if is_plain and not any(map(PIECE.search, first.plain())):
            yield "command", first.plain()
        else:
            yield "command", " && ".join(_tolerant(line) for line in lines)
        for line in lines:
            if unusual := set(line.prefixes) - {"-", ":"}:
                self.notes.append(f"{''.join(sorted(unusual))} before {line.words[0]} is left out")

    def _lines(self, key: str) -> list[Line]:
        values = self.pair.service.values("Service", key)
        return [line for line in map(line_of, map(self._filled, values)) if line.words]

    def _place(self) -> Iterator[tuple[str, Any]]:
        folder = self._service("WorkingDirectory").removeprefix("-")
        yield "cwd", folder or ("~" if self.pair.is_user else "/")
        for setting, key in PLAIN.items():
            if value := self._service(setting):
                yield key, value
        if env := self._environment():
            yield "env", env
        if files := [
            self._filled(one) for one in self.pair.service.values("Service", "EnvironmentFile")
        ]:
            yield "env_file", [re.sub(r"^-", "?", one) for one in files]
        if umask := self._service("UMask"):
            yield "umask", umask[-3:].rjust(3, "0")

    def _environment(self) -> dict[str, str]:
        values = self.pair.service.values("Service", "Environment")
        words = [word for value in values for word in split(self._filled(value))]
        env = dict(word.split("=", 1) for word in words if "=" in word)
        self.notes += [
            f"{name} holds a placeholder, which jobrunner fills in"
            for name, value in env.items()
            if PIECE.search(value)
        ]
        return env

    def _limits(self) -> Iterator[tuple[str, Any]]:
        is_oneshot = self._service("Type") == "oneshot"
        longest = (self._service("TimeoutStartSec") if is_oneshot else "") or self._service(
            "TimeoutSec" if is_oneshot else "RuntimeMaxSec"
        )
        if longest and longest != "infinity":
            yield "timeout", _span(longest)
        if grace := self._service("TimeoutStopSec"):
            yield "kill_after", _span(grace)
        if stop := self._service("KillSignal"):
            yield "stop_signal", stop.removeprefix("SIG")
        if limits := dict(self._resources()):
            yield "limits", limits
        if codes := [
            code for code in self._service("SuccessExitStatus").split() if code.isdecimal()
        ]:
            yield "success_codes", sorted({0, *map(int, codes)})
        if self._service("Restart") in {"on-failure", "always", "on-abnormal"}:
            yield "retry", {"attempts": 3, "delay": _span(self._service("RestartSec") or "1s")}
            self.notes.append("Restart becomes three more attempts; systemd has no such bound")
        if self._service("StandardOutput") == "null" and self._service("StandardError") == "null":
            yield "capture", "none"

    def _resources(self) -> Iterator[tuple[str, Any]]:
        if re.fullmatch(r"-?[0-9]{1,3}", nice := self._service("Nice")):
            yield "nice", int(nice)
        for setting, key in LIMITS.items():
            value = self._service(setting).partition(":")[0]
            if value.isdecimal():
                yield key, int(value)
        if (memory := self._service("MemoryMax")) and re.fullmatch(r"[0-9]+[KMGT]?", memory):
            yield "memory", memory + ("iB" if memory[-1].isalpha() else "")
            self.notes.append("MemoryMax is for all processes together; limits.memory is for each")
        if cpu := self._service("LimitCPU").partition(":")[0]:
            yield "cpu_time", _span(cpu)

    def _untold(self) -> Iterator[str]:
        """What is set and was not looked at."""
        settings = (*self.pair.timer.settings, *self.pair.service.settings)
        rest = [key for _, key, value in settings if value and key not in SILENT | UNDERSTOOD]
        if kept := [key for key in dict.fromkeys(rest) if not SANDBOX.fullmatch(key)]:
            yield f"not carried over: {', '.join(kept)}"
        if walls := [key for key in dict.fromkeys(rest) if SANDBOX.fullmatch(key)]:
            yield f"not carried over, what kept the process apart: {', '.join(walls)}"
        if (kind := self._service("Type")) not in QUIET_TYPES:
            yield f"Type={kind}: a job is over when its first process is"
        if self._service("StandardOutput") not in {"", "journal", "inherit", "null"}:
            yield "StandardOutput: output is kept by jobrunner instead"


INTERVALS = {"OnUnitActiveSec": "start", "OnUnitInactiveSec": "end"}
UNDERSTOOD = {
    *("Description", "Documentation", SCHEDULE, *MOMENTS, *INTERVALS, "OnActiveSec", "Persistent"),
    *("RandomizedDelaySec", "ExecStart", "ExecStartPre", "ExecStartPost", "Type"),
    *("WorkingDirectory", *PLAIN, "Environment", "EnvironmentFile", "UMask", "TimeoutStartSec"),
    *("TimeoutSec", "RuntimeMaxSec", "TimeoutStopSec", "KillSignal", "Nice", *LIMITS, "MemoryMax"),
    *("LimitCPU", "SuccessExitStatus", "Restart", "RestartSec", "StandardOutput", "StandardError"),
}


def _timing(expression: str, zone: str) -> dict[str, str]:
    return {"cron": expression} | ({"timezone": zone} if zone else {})


def _span(text: str) -> str:
    return spelt(Duration(seconds=seconds_of(text)))


def _tolerant(line: Line) -> str:
    """The command for a shell; - says that its failure does not matter."""
    told = shlex.join(line.plain()) if not line.has_variables else line.for_shell()
    return f"{{ {told} || :; }}" if "-" in line.prefixes else told
