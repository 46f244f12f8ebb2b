"""The configuration of yacron as jobs to be: each of its keys goes somewhere, or is told."""

from collections.abc import Callable, Container, Iterator, Mapping
from math import isfinite
from typing import Any

from jobrunner.config.crontab_jobs import UNFIT
from jobrunner.config.quantity import LONGEST, spelt
from jobrunner.config.spelling import shown
from jobrunner.errors import UnusableError
from jobrunner.formats.address import addressed
from jobrunner.formats.found import Found, LeftOut, Mailbox, Reading, Told
from jobrunner.formats.leaving import CannotSayError
from jobrunner.formats.yamltree import Table, tree
from jobrunner.model.value import Duration

# Gives the text of a file that `include` names, and its path; None where it was read before.
Open = Callable[[str], tuple[str, str] | None]
FIELDS = ("minute", "hour", "dayOfMonth", "month", "dayOfWeek")
OVERLAP = {"Forbid": "skip", "Replace": "replace"}
FOREVER = 1_000_000
STDERR = (
    "yacron calls a job failed that writes to stderr; jobrunner goes by its exit code"
    ' (expect = { not_output = "." } for a silent one)'
)
KNOWN = {
    *("name", "command", "schedule", "shell", "environment", "env_file", "user", "group", "utc"),
    *("timezone", "enabled", "concurrencyPolicy", "executionTimeout", "killTimeout", "failsWhen"),
    *("onFailure", "captureStdout", "captureStderr", "streamPrefix"),
}
REPORTS = ("onFailure", "onPermanentFailure", "onSuccess")
SIX, SEVEN = 6, 7


def read(path: str, text: str, open_: Open, taken: Container[str]) -> list[Reading]:
    """One reading a file: the one that is named, then those that it includes."""
    reader = _Reader(open_, taken)
    reader.file(path, text, Table())
    return reader.readings


class _Reader:
    def __init__(self, open_: Open, taken: Container[str]) -> None:
        self.readings: list[Reading] = []
        self._open, self._taken = open_, taken
        self._names: set[str] = set()
        self._channels: dict[Mailbox, str] = {}

    def file(self, path: str, text: str, outer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Read one file; gives its defaults, which whoever includes it shares."""
        document = tree(text, shown(path)) or Table()
        if not isinstance(document, Table):
            raise UnusableError(f"{shown(path)} is not a configuration of yacron.")
        place = len(self.readings)
        defaults: Mapping[str, Any] = outer
        for name in _list(document.get("include")):
            if opened := self._open(str(name)):
                defaults = _merged(defaults, self.file(*opened, Table()))
        defaults = _merged(defaults, _table(document.get("defaults")))
        self.readings.insert(place, self._reading(path, text, document, defaults))
        return defaults

    def _reading(
        self, path: str, text: str, document: Table, defaults: Mapping[str, Any]
    ) -> Reading:
        jobs: list[Found] = []
        left_out: list[LeftOut] = []
        for own in _list(document.get("jobs")):
            if not isinstance(own, Table):
                raise UnusableError(f"{shown(path)}: a job is not a table.")
            try:
                jobs.append(self._job(own, _merged(defaults, own)))
            except CannotSayError as error:
                what = str(own.get("name", "a job"))
                left_out.append(LeftOut(line=own.line, what=what, reason=f"{error}"))
        others = (key for key in ("web", "logging") if document.get(key))
        settings = tuple(Told(line=1, what=key, notes=(f"{key} is left out",)) for key in others)
        return Reading(
            title=shown(path),
            path=path,
            lines=len(text.splitlines()),
            jobs=tuple(jobs),
            left_out=tuple(left_out),
            settings=settings,
            channels={name: mailbox for mailbox, name in self._channels.items()},
        )

    def _job(self, own: Table, whole: Mapping[str, Any]) -> Found:
        table = dict(_keys(whole))
        if mails := _mails(whole):
            number = len(self._channels) + 1
            name = self._channels.setdefault(mails[0], f"mail-{number}" if number > 1 else "mail")
            table |= {"notify": [name], "notify_on": _events(whole)}
        schedule = table.get("cron", "")
        command = table["command"]
        return Found(
            name=self._name(str(whole.get("name", "job"))),
            table=table,
            line=own.line,
            when=schedule,
            what=command if isinstance(command, str) else " ".join(command),
            notes=tuple(_notes(whole)),
        )

    def _name(self, wanted: str) -> str:
        stem = UNFIT.sub("-", wanted)[:60].strip("-.") or "job"
        name, number = stem, 1
        while name in self._names or name in self._taken:
            number += 1
            name = f"{stem}-{number}"
        self._names.add(name)
        return name


def _keys(job: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if job.get("enabled") is not None and not _truth(job["enabled"]):
        yield "enabled", False
    yield "cron", _cron(job.get("schedule"))
    if job.get("timezone"):
        yield "timezone", str(job["timezone"])
    elif _truth(job.get("utc", "true")):
        yield "timezone", "UTC"
    yield "command", _command(job.get("command"))
    if job.get("shell") and isinstance(job["command"], str) and job["shell"] != "/bin/sh":
        yield "shell", str(job["shell"])
    for key in ("user", "group"):
        if job.get(key):
            yield key, str(job[key])
    if env := _environment(job):
        yield "env", env
    if job.get("env_file"):
        yield "env_file", str(job["env_file"])
    yield from _ends(job)


def _command(value: Any) -> str | list[str]:
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return value
    if isinstance(value, str) and value:
        return value
    raise CannotSayError("it has no command")


def _ends(job: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if job.get("executionTimeout"):
        yield "timeout", _seconds(job["executionTimeout"])
    yield "kill_after", _seconds(job.get("killTimeout") or "30")
    retry = _table(_table(job.get("onFailure")).get("retry"))
    if attempts := int(_number(retry.get("maximumRetries") or 0)):
        yield "retry", _retry(attempts, retry)
    overlap = OVERLAP.get(str(job.get("concurrencyPolicy")), "allow")
    if overlap != "skip":
        yield "overlap", overlap
    fails = _table(job.get("failsWhen"))
    if _truth(fails.get("producesStdout")) and _truth(fails.get("producesStderr", "true")):
        yield "expect", {"not_output": "."}


def _retry(attempts: int, retry: Mapping[str, Any]) -> dict[str, Any]:
    steady = _number(retry.get("backoffMultiplier") or 2) == 1
    return {
        "attempts": FOREVER if attempts < 0 else attempts,
        "delay": _seconds(retry.get("initialDelay") or "1"),
        "backoff": "constant" if steady else "exponential",
        "max_delay": _seconds(retry.get("maximumDelay") or "300"),
        "jitter": False,
    }


def _notes(job: Mapping[str, Any]) -> Iterator[str]:
    yield from _notes_on_failing(job)
    retry = _table(_table(job.get("onFailure")).get("retry"))
    if _number(retry.get("backoffMultiplier") or 2) not in {1, 2}:
        yield "backoffMultiplier becomes 2"
    if int(_number(retry.get("maximumRetries") or 0)) < 0:
        yield f"retries without end become {FOREVER:,}"
    yield from _notes_on_reports(job)
    if rest := [key for key in job if key not in KNOWN and key not in REPORTS]:
        yield f"not carried over: {', '.join(rest)}"


def _notes_on_failing(job: Mapping[str, Any]) -> Iterator[str]:
    fails = _table(job.get("failsWhen"))
    stdout = _truth(fails.get("producesStdout"))
    stderr = _truth(fails.get("producesStderr", "true"))
    if stderr and not stdout and _truth(job.get("captureStderr", "true")):
        yield STDERR
    if stdout and not stderr:
        yield "failsWhen.producesStdout is left out: outputs are not told apart"
    if not _truth(fails.get("nonzeroReturn", "true")):
        yield "failsWhen.nonzeroReturn = false is left out: success_codes names codes that are well"
    if _truth(fails.get("always")):
        yield "failsWhen.always is left out"


def _notes_on_reports(job: Mapping[str, Any]) -> Iterator[str]:
    if told := [key for key in REPORTS if set(_report(job, key)) - {"mail"}]:
        yield f"{', '.join(told)}: only reports by mail are carried over"
    for key in REPORTS:
        yield from addressed(str(_table(_report(job, key).get("mail")).get("to") or "")).notes
    if len(set(_mails(job))) > 1:
        yield "reports by mail go to one place: the first of those"


def _report(job: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    report = _table(_table(job.get(key)).get("report"))
    return {way: settings for way, settings in report.items() if settings}


def _mails(job: Mapping[str, Any]) -> list[Mailbox]:
    """Where each of its reports goes by mail."""
    found = [_table(_report(job, key).get("mail")) for key in REPORTS]
    boxes = [Mailbox(addressed(str(one.get("to") or "")).to, _server(one)) for one in found]
    return [box for box in boxes if box.to]


def _server(mail: Mapping[str, Any]) -> str:
    host = str(mail.get("smtpHost") or "")
    port = str(mail.get("smtpPort") or "")
    return f"{host}:{port}" if host and port and port != "25" else host


def _events(job: Mapping[str, Any]) -> list[str]:
    """A report of onFailure comes with each attempt, one of onPermanentFailure after the last."""
    told = [key for key in REPORTS if _report(job, key).get("mail")]
    events = ["failure", "timeout", "lost"] if set(told) - {"onSuccess"} else []
    events += ["retrying"] if "onFailure" in told else []
    return events + (["success"] if "onSuccess" in told else [])


def _cron(schedule: Any) -> str:
    """The expression; yacron has a year behind five fields, seconds before them only beside it."""
    if isinstance(schedule, Mapping):
        fields = [str(schedule.get(name) or "*") for name in FIELDS]
        fields += [str(schedule["year"])] if schedule.get("year") else []
        fields = [str(schedule["second"]), *fields] if schedule.get("second") else fields
    elif isinstance(schedule, str):
        fields = schedule.split()
    else:
        raise CannotSayError("it has no schedule")
    if len(fields) == SIX:
        fields = ["0", *fields]
    if len(fields) == SEVEN and fields[-1] == "*":
        fields = fields[1:-1] if fields[0] == "0" else fields[:-1]
    return " ".join(_last(field) for field in fields)


def _last(field: str) -> str:
    """L before a weekday is its last one of the month; here it stands behind."""
    lower = field.lower()
    if lower.startswith("l") and len(lower) > 1:
        return ",".join(f"{piece.strip('lL')}L" for piece in field.split(","))
    return field


def _environment(job: Mapping[str, Any]) -> dict[str, str]:
    pairs = [pair for pair in _list(job.get("environment")) if isinstance(pair, Mapping)]
    return {str(pair["key"]): str(pair.get("value") or "") for pair in pairs if pair.get("key")}


def _merged(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Tables key by key, lists one behind the other, as yacron does."""
    merged = {**lower}
    for key, value in upper.items():
        below = lower.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(below, value)
        elif isinstance(below, list) and isinstance(value, list) and key == "environment":
            merged[key] = [*below, *value]
        else:
            merged[key] = value
    return merged


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _truth(value: Any) -> bool:
    return str(value or "").lower() in {"true", "yes", "on", "1", "y"}


def _seconds(value: Any) -> str:
    number = _number(value)
    if not 0 <= number <= LONGEST:
        raise CannotSayError(f"{value} is not a number of seconds")
    return spelt(Duration(seconds=number))


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise CannotSayError(f"{value} is not a number") from error
    if not isfinite(number):
        raise CannotSayError(f"{value} is not a number")
    return number
