"""Jobs as a classic crontab; what it cannot say stands in comments, and a job may be one whole."""

import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from jobrunner import cron
from jobrunner.config.crontab import VARIABLE
from jobrunner.config.spelling import shown
from jobrunner.formats.cronfield import classic
from jobrunner.formats.interval import interval_fields
from jobrunner.formats.leaving import (
    CannotSayError,
    Remark,
    Written,
    check_dates,
    is_same,
    lost,
    open_env,
    zone_name,
)
from jobrunner.model.job import Job, Timing
from jobrunner.model.value import Zone
from jobrunner.schedule.compose import REBOOT, compose
from jobrunner.words import listed

CARRIED = frozenset(
    {"command", "shell", "user", "env", "stdin", "cron", "every", "schedules", "enabled"}
    | {"start", "end", "dst", "every_from", "at", "overlap", "max_instances"}
)
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
POSIX = re.compile(r"/\S*/(?:sh|bash|dash|ash|ksh|mksh|zsh)")
GUARD = re.compile(r"%|\\(?=[\\%]|\Z)")
UNFIT = re.compile(r"""["'\n\0\\]|^\s|\s$""")
OVERLAP = "Unlike jobrunner, cron starts a job again while it still runs."
ZONED = "CRON_TZ is cronie's: Debian's cron does not read it, and takes all times as local ones."


class _Line(Struct, frozen=True, kw_only=True):
    """One line to be: the settings that it needs above it, and the rest."""

    zone: str
    shell: str
    when: str
    user: str
    text: str


def write(jobs: Sequence[Job], origin: str, local: Zone, now: datetime) -> Written:
    """The crontab of these jobs, with a user in each line if one of them has one."""
    writer = _Writer(jobs, local, now)
    body = [line for job in jobs for line in writer.job(job)]
    head = [f"# From {shown(origin)}, by jobrunner export crontab.", f"# {OVERLAP}"]
    if writer.has_zones:
        head.append(f"# {ZONED}")
        writer.remarks.append(Remark("", ZONED))
    if writer.is_system:
        head.append("# Lines name their user, as in /etc/crontab and /etc/cron.d.")
    env = [f'{name}="{value}"' for name, value in writer.common.items()]
    return Written("\n".join([*head, "", *env, *body, ""]), tuple(writer.remarks))


class _Writer:
    def __init__(self, jobs: Sequence[Job], local: Zone, now: datetime) -> None:
        self.now, self.local = now, local
        self.is_system = any(job.user for job in jobs)
        self.has_zones = False
        self.common = _common(jobs)
        self.remarks: list[Remark] = []
        self._zone, self._shell = zone_name(local), ""

    def job(self, job: Job) -> Iterator[str]:
        """The lines of one job, under what is to be said of it."""
        yield ""
        yield f"# {job.name}{': ' if job.description else ''}{shown(job.description)}"
        said = [f"not carried over: {listed(keys)}"] if (keys := lost(job, CARRIED)) else []
        try:
            check_dates(job, self.now)
            lines = [line for timing in _timings(job) for line in self._lines(job, timing)]
        except CannotSayError as error:
            said, lines = [f"left out: {error}"], []
        said += [remark for line in lines for remark in self._about(job, line)]
        for sentence in dict.fromkeys(said):
            self.remarks.append(Remark(job.name, sentence))
            yield f"# ! {sentence}"
        if not lines and not said:
            yield "# by hand only"
        for line in lines:
            yield from self._settings(line)
            yield f"{'' if job.enabled else '# '}{self._text(line)}"

    def _about(self, job: Job, line: _Line) -> Iterator[str]:
        if not job.enabled:
            yield "a comment, because the job is disabled"
        if job.stdin and not job.stdin.endswith("\n"):
            yield "what it reads gets a line end"
        if job.overlap == "queue":
            yield 'overlap = "queue" cannot be said here'
        if job.every and line.when.startswith("0 */"):
            yield from self._about_every(job, line)

    def _about_every(self, job: Job, line: _Line) -> Iterator[str]:
        there = cron.parse(line.when, job.timezone.info)
        if not is_same(compose(job, self.now), there, job.timezone, self.now):
            yield "counts hours of real time; cron goes by the clock on the days when that changes"

    def _settings(self, line: _Line) -> Iterator[str]:
        if line.zone != self._zone:
            self.has_zones = True
            yield f"CRON_TZ={line.zone}"
        if line.shell != self._shell:
            yield f"SHELL={line.shell}"
        self._zone, self._shell = line.zone, line.shell

    def _text(self, line: _Line) -> str:
        user = f"{line.user or 'root'} " if self.is_system else ""
        return f"{line.when} {user}{line.text}"

    def _lines(self, job: Job, timing: Timing) -> Iterator[_Line]:
        zone = "UTC" if job.dst == "utc" else zone_name(timing.timezone or job.timezone)
        env = open_env({**job.env, **timing.env})
        own = {n: v for n, v in env.items() if self.common.get(n) != v and n != "SHELL"}
        shell, text = _command(job, own)
        for when in _whens(job, timing):
            yield _Line(zone=zone, shell=shell, when=when, user=job.user, text=text)


def _timings(job: Job) -> tuple[Timing, ...]:
    return (Timing(cron=job.cron, every=job.every, at=job.at), *job.schedules)


def _whens(job: Job, timing: Timing) -> Iterator[str]:
    """The fields of each line; a job without a schedule has none."""
    if timing.at:
        raise CannotSayError("`at` cannot be said here: a crontab has no years")
    if job.dst in {"skip", "both"}:
        raise CannotSayError(f'dst = "{job.dst}" cannot be said here')
    for expression in timing.cron:
        yield REBOOT if expression == REBOOT else _five(job, expression)
    if timing.every:
        yield interval_fields(job, timing.every)


def _five(job: Job, text: str) -> str:
    expression = cron.parse(text, job.timezone.info, name=job.name).expression
    five = classic(expression)
    if five is None:
        raise CannotSayError(f"{text} cannot be said here")
    return five


def _command(job: Job, env: dict[str, str]) -> tuple[str, str]:
    """The shell that cron is to start, and the text after the fields."""
    before = [f"export {name}={shlex.quote(value)};" for name, value in env.items()]
    before += [f"cd {_folder(job.cwd)} || exit;"] if job.cwd != "~" else []
    if not isinstance(job.command, str):
        if job.command is None:
            raise CannotSayError("it has no command")
        shell, text = "/bin/sh", shlex.join(job.command)
    elif len(job.shell) == 1 and POSIX.fullmatch(job.shell[0]):
        shell, text = job.shell[0], job.command
    else:
        shell, text = "/bin/sh", f"exec {shlex.join([*job.shell, '-c', job.command])}"
    text = " ".join([*before, text])
    return shell, _guarded(_on_one_line(text)) + _stdin(job.stdin)


def _on_one_line(text: str) -> str:
    """The same text without line ends, for a shell."""
    if "\n" not in text:
        return text.lstrip(" \t")
    spelt_out = text.replace("\\", "\\\\").replace("%", "%%").replace("\n", "\\n")
    return f'eval "$(printf {shlex.quote(spelt_out)})"'


def _guarded(text: str) -> str:
    r"""With \ before what means something to cron."""
    return GUARD.sub(lambda found: f"\\{found[0]}", text)


def _stdin(text: str) -> str:
    if "\\\n" in text:
        raise CannotSayError("a line that it reads ends in a backslash, which cron takes away")
    return "%" + text.replace("%", "\\%").replace("\n", "%") if text else ""


def _folder(path: str) -> str:
    """A path for a shell, that still sees a home in its beginning."""
    if not path.startswith("~"):
        return shlex.quote(path or "/")
    home, slash, rest = path.partition("/")
    return home + slash + (shlex.quote(rest) if rest else "")


def _common(jobs: Sequence[Job]) -> dict[str, str]:
    """The variables that all have, and that a line of a crontab can hold; and PATH."""
    first = open_env(jobs[0].env) if jobs else {}
    env = {
        name: value
        for name, value in first.items()
        if VARIABLE.fullmatch(name) and name not in {"SHELL", "CRON_TZ", "MAILTO", "HOME"}
        if not UNFIT.search(value) and all(job.env.get(name) == value for job in jobs)
    }
    return {"PATH": PATH} | env
