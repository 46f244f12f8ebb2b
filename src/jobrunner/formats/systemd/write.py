"""Jobs as timers and services of systemd, one pair each."""

import base64
import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from jobrunner import cron
from jobrunner.config.quantity import spelt
from jobrunner.config.spelling import shown
from jobrunner.formats.leaving import CannotSayError, Remark, check_dates, lost, open_env, zone_name
from jobrunner.formats.systemd.calendar import calendars_of
from jobrunner.model.job import Job, Timing
from jobrunner.model.value import Duration
from jobrunner.schedule.compose import REBOOT, first_instant
from jobrunner.words import listed

CARRIED = frozenset(
    {"command", "shell", "user", "group", "env", "env_file", "umask", "stdin", "cron", "every"}
    | {"at", "schedules", "every_from", "enabled", "jitter", "catch_up", "max_catch_up", "timeout"}
    | {"stop_signal", "kill_after", "limits", "success_codes", "capture", "dst", "start"}
)
DAY = timedelta(days=1)
# What systemd takes as the first word of a command line without a second look.
PROGRAM = re.compile(r"(?:/|(?=[^/]*\Z))[A-Za-z0-9_][\w./+-]*")
NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", '"': '\\"'}
LIMITS = {"open_files": "LimitNOFILE", "processes": "LimitNPROC", "memory": "LimitAS"}


class Pair(Struct, frozen=True, kw_only=True):
    """The units of one job by the names of their files, and what is to be said of them."""

    units: dict[str, str]
    remarks: tuple[Remark, ...]


def write(jobs: Sequence[Job], origin: str, now: datetime) -> list[Pair]:
    """Timer and service of each job; a job without a schedule has no timer."""
    return [_pair(job, origin, now) for job in jobs]


def _pair(job: Job, origin: str, now: datetime) -> Pair:
    said = [f"not carried over: {listed(keys)}"] if (keys := lost(job, CARRIED)) else []
    timer: list[str] = []
    try:
        service = list(_service(job))
    except CannotSayError as error:
        return Pair(units={}, remarks=(Remark(job.name, f"left out: {error}"),))
    try:
        check_dates(job, now)
        timer = [*_timer(job)]
    except CannotSayError as error:
        said.append(f"no timer: {error}")
    said += _about(job)
    head = [
        f"# From {shown(origin)}, by jobrunner export systemd.",
        *(f"# ! {one}" for one in said),
    ]
    name = f"job-{job.name}"
    units = {f"{name}.service": _text(head, _unit(job), service)}
    if timer:
        install = ["", "[Install]", "WantedBy=timers.target"]
        units[f"{name}.timer"] = _text(head, _unit(job), [*timer, *install])
    return Pair(units=units, remarks=tuple(Remark(job.name, sentence) for sentence in said))


def _text(head: list[str], *parts: list[str]) -> str:
    return "\n".join([*head, *(line for part in parts for line in ["", *part]), ""])


def _unit(job: Job) -> list[str]:
    docs = [f"Documentation={_percent(job.docs)}"] if re.match(r"https?://\S+\Z", job.docs) else []
    title = " ".join(shown(job.description).split()) or job.name
    return ["[Unit]", f"Description={_percent(title).rstrip(chr(92))}", *docs]


def _about(job: Job) -> Iterator[str]:
    if not job.enabled:
        yield "disabled: do not enable its timer"
    if job.catch_up == "all":
        yield 'catch_up = "all" is one run for all that was missed'
    if job.timezone.name == "local":
        yield "times are those of the host's zone"


def _timer(job: Job) -> list[str]:
    whens = [line for timing in _timings(job) for line in _whens(job, timing)]
    if not whens:
        return []
    lines = ["[Timer]", *dict.fromkeys(whens), "AccuracySec=1s"]
    if job.catch_up != "skip":
        lines.append("Persistent=true")
    if job.jitter:
        lines += [f"RandomizedDelaySec={spelt(job.jitter)}", "FixedRandomDelay=true"]
    return lines


def _timings(job: Job) -> tuple[Timing, ...]:
    if any(timing.env for timing in job.schedules):
        raise CannotSayError("schedules with an environment of their own cannot be said here")
    return (Timing(cron=job.cron, every=job.every, at=job.at), *job.schedules)


def _whens(job: Job, timing: Timing) -> Iterator[str]:
    zone = timing.timezone or job.timezone
    named = "UTC" if job.dst == "utc" else "" if zone.name == "local" else zone_name(zone)
    if job.dst in {"skip", "both"}:
        raise CannotSayError(f'dst = "{job.dst}" cannot be said here')
    for text in timing.cron:
        if text == REBOOT:
            yield "OnBootSec=1s"
            continue
        expression = cron.parse(text, zone.info, name=job.name).expression
        try:
            found = calendars_of(expression, named)
        except CannotSayError as error:
            raise CannotSayError(f"{text} cannot be said here: {error}") from error
        yield from (f"OnCalendar={calendar}" for calendar in found)
    for at in timing.at:
        moment = first_instant(at, zone.info).astimezone(UTC)
        yield f"OnCalendar={moment:%Y-%m-%d %H:%M:%S} UTC"
    if timing.every:
        yield from _every(job, timing.every, named)


def _every(job: Job, interval: Duration, zone: str) -> Iterator[str]:
    if job.every_from == "end":
        yield from ("OnActiveSec=0", f"OnUnitInactiveSec={spelt(interval)}")
        return
    seconds = round(interval.total_seconds())
    if job.start or DAY % interval:
        raise CannotSayError(f"every {spelt(interval)} cannot be said here")
    expression = _fields(seconds)
    if expression is None:
        raise CannotSayError(f"every {spelt(interval)} cannot be said here")
    yield f"OnCalendar={expression}{zone and f' {zone}'}"


def _fields(seconds: int) -> str | None:
    """Every so many seconds from midnight on, where hours, minutes or seconds can say it."""
    for unit, whole, form in (
        (1, 60, "*-*-* *:*:00/{}"),
        (60, 3600, "*-*-* *:00/{}:00"),
        (3600, 86400, "*-*-* 00/{}:00:00"),
        (86400, 86401, "*-*-* 00:00:00"),
    ):
        if seconds < whole and seconds % unit == 0:
            return form.format(seconds // unit) if whole % seconds in {0, 1} else None
    return None


def _service(job: Job) -> Iterator[str]:
    yield from ("[Service]", "Type=oneshot", f"ExecStart={' '.join(_command(job))}")
    if job.user:
        yield f"User={job.user}"
    if job.group:
        yield f"Group={job.group}"
    if job.cwd:
        yield f"WorkingDirectory={_folder(job.cwd)}"
    for path in job.env_file:
        yield f"EnvironmentFile={'-' * path.startswith('?')}{_percent(path.removeprefix('?'))}"
    for name, value in open_env(job.env).items():
        yield f"Environment={_quoted(_percent(f'{name}={value}'))}"
    yield f"UMask={job.umask}"
    yield from _limits(job)
    if job.stdin:
        encoded = base64.b64encode(job.stdin.encode()).decode()
        yield from ("StandardInput=data", f"StandardInputData={encoded}")
    if job.capture in {"none", "stderr"}:
        yield "StandardOutput=null"
    if job.capture in {"none", "stdout"}:
        yield "StandardError=null"


def _limits(job: Job) -> Iterator[str]:
    if job.timeout:
        yield f"TimeoutStartSec={spelt(job.timeout)}"
    yield f"TimeoutStopSec={spelt(job.kill_after)}"
    if job.stop_signal != "TERM":
        yield f"KillSignal=SIG{job.stop_signal}"
    if job.success_codes != (0,):
        yield f"SuccessExitStatus={' '.join(map(str, job.success_codes))}"
    if job.limits.nice is not None:
        yield f"Nice={job.limits.nice}"
    if job.limits.cpu_time:
        yield f"LimitCPU={spelt(job.limits.cpu_time)}"
    for key, setting in LIMITS.items():
        if (value := getattr(job.limits, key)) is not None:
            yield f"{setting}={value}"


def _command(job: Job) -> Iterator[str]:
    if job.command is None:
        raise CannotSayError("it has no command")
    words = (*job.shell, "-c", job.command) if isinstance(job.command, str) else tuple(job.command)
    if not PROGRAM.fullmatch(words[0]):
        words = ("/bin/sh", "-c", 'exec "$0" "$@"', *words)
    yield from (_quoted(_percent(word).replace("$", "$$")) for word in words)


def _folder(path: str) -> str:
    if path == "~":
        return path
    if path.startswith("~"):
        raise CannotSayError(f"{shlex.quote(path)}: a folder below a home cannot be said here")
    return _percent(path)


def _percent(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """A word as systemd reads it back."""
    if re.fullmatch(r"[A-Za-z0-9_./:=@%+,-]+", word):
        return word
    return f'"{"".join(map(_character, word))}"'


def _character(character: str) -> str:
    if character in NAMED:
        return NAMED[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x80:  # noqa: PLR2004 - one byte
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 - four digits
