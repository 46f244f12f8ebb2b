"""What looks at the clock on this host: lines of crontabs, timers and services, as installed.

Files alone are read, so that it can be asked without rights, and where nothing runs.
"""

import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from msgspec import Struct

from jobrunner.config.crontab import Entry, Setting, lines
from jobrunner.config.crontab_jobs import style_of
from jobrunner.engine.glance import really
from jobrunner.errors import UnusableError
from jobrunner.formats.unitfile import Unit, read
from jobrunner.jobfile.place import Asker, find_jobs

VERBS = ("tick", "loop")
PROGRAM = "jobrunner"
# Options of ours that are followed by a word of their own.
WITH_VALUE = frozenset({"-c", "--config", "--color"})
SPOOLS = ("/var/spool/cron/crontabs", "/var/spool/cron/tabs", "/var/spool/cron")
# What cron takes of /etc/cron.d: any other name, such as one with a dot, it leaves alone.
CRON_NAME = re.compile(r"[A-Za-z0-9_-]+")
EVERY_MINUTE = re.compile(r"(?:\*|\*/1|0-59)(?:\s+\*){4}")
SYSTEM_UNITS = (
    *("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system"),
    *("/usr/lib/systemd/system", "/lib/systemd/system"),
)
USER_UNITS = ("/etc/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user")
OWN_UNITS = (".config/systemd/user", ".local/share/systemd/user")
LONGEST = 1 << 20
READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC  # a FIFO must not hang who looks
ASSIGNED = re.compile(r"[A-Za-z_]\w*=")
PATIENCE = 5  # seconds

Kind = Literal["cron", "timer", "service"]


class Ticker(Struct, frozen=True, kw_only=True):
    """One thing that is to look at the clock.

    `place` is the file that says so, `config` the jobs.toml that it sees to ('' if there is none),
    `trouble` why it does not work as it stands, `variables` what its crontab sets.  A timer has the
    `unit` that it starts; `is_user` says whose manager that is.
    """

    kind: Kind
    place: str
    user: str
    command: str
    config: str
    trouble: str = ""
    is_user: bool = False
    name: str = ""
    unit: Unit | None = None
    variables: Mapping[str, str] = {}

    @property
    def told(self) -> str:
        """How a sentence names it."""
        if self.kind == "cron":
            return self.place if self.place.startswith("/etc/") else f"the crontab of {self.user}"
        whose = f"{self.user}'s " if self.is_user else ""
        return f"{whose}systemd {self.kind} {self.name}"

    @property
    def removal(self) -> str:
        """The command that takes it away."""
        is_own = self.is_user or (self.kind == "cron" and not self.place.startswith("/etc/"))
        kind = "cron" if self.kind == "cron" else "systemd"
        return ("" if is_own else "sudo ") + f"jobrunner uninstall {kind}"


def no_crontab() -> str:
    """Of a user whose crontab can be read as a file."""
    return ""


class Host(Struct, frozen=True, kw_only=True):
    """Where to look: below `root`, as the user with this name and home.

    `crontab` asks for the user's own, which only root may read as a file.
    """

    root: str = ""
    user: str
    home: str
    crontab: Callable[[], str] = no_crontab

    def text(self, path: str) -> str | None:
        """What a file says; None if it is not there or not ours to read."""
        try:
            with open(os.open(f"{self.root}{path}", READ), "rb") as file:  # noqa: PTH123 - quick
                return (file.read(LONGEST) or b"").decode(errors="replace")
        except (OSError, ValueError):
            return None

    def has(self, path: str) -> bool:
        return os.path.lexists(f"{self.root}{path}")

    def names(self, folder: str) -> list[str]:
        try:
            return sorted(os.listdir(f"{self.root}{folder}"))  # noqa: PTH208 - names are wanted
        except OSError:
            return []


def this_host() -> Host:
    """This host, as whoever asks sees it."""
    uid = os.geteuid()
    own = no_crontab if uid == 0 else _own_crontab
    try:
        account = pwd.getpwuid(uid)
    except KeyError:  # a container may run as a number without a name
        return Host(user=str(uid), home=os.environ.get("HOME", "/"), crontab=own)
    return Host(user=account.pw_name, home=account.pw_dir, crontab=own)


def _own_crontab() -> str:
    program = shutil.which("crontab")
    if not program:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - the host's own
            [program, "-l"], capture_output=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def installed(host: Host) -> list[Ticker]:
    """Every one that can be seen, for whatever jobs.toml."""
    return [*_of_cron(host), *_of_systemd(host)]


def seeing_to(tickers: Iterable[Ticker], config: str) -> list[Ticker]:
    """Those of them that see to this jobs.toml."""
    return [each for each in tickers if each.config and really(each.config) == really(config)]


def installing(config: str, uid: int, program: str = PROGRAM) -> str:
    """What to type for something to tick for this jobs.toml."""
    if uid and not config.startswith("/etc/"):
        return f"{program} install cron, or: {program} install systemd --user"
    command = f"sudo {program}" if uid else program
    return f"{command} install systemd, or: {command} install cron"


def rooting(state: str, program: str = PROGRAM) -> str:
    """What to type for root to tick, who alone can run jobs as others; the rest are root's then."""
    return f"sudo chown -R root: {shlex.quote(state)} && sudo {program} install"


def verb_of(words: Sequence[str]) -> tuple[str, str]:
    """What a command line has jobrunner do, and the file its options name; '' for other lines.

    Of `sudo -u jobrunner jobrunner tick` the second one is the program; a word that is a whole line
    is one for another shell.
    """
    for number, word in enumerate(words):
        if word == PROGRAM or word.endswith(f"/{PROGRAM}"):
            found = _verb(words[number + 1 :])
        else:
            found = verb_of(_shell_words(word)) if " " in word.strip() else ("", "")
        if found[0]:
            return found
    return "", ""


def _verb(words: Iterable[str]) -> tuple[str, str]:
    verb = option = ""
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name in WITH_VALUE:
            value = value if equals else next(rest, "")
            option = option if name == "--color" else value
        elif not word.startswith("-") and not verb:
            verb = word
        elif not word.startswith("-"):
            break
    return (verb, option) if verb in VERBS else ("", "")


def _of_cron(host: Host) -> Iterator[Ticker]:
    yield from _crontab(host, "/etc/crontab", "root")
    for name in host.names("/etc/cron.d"):
        yield from _crontab(host, f"/etc/cron.d/{name}", "root")
    for folder in SPOOLS:
        for name in host.names(folder):
            if Path(f"{host.root}{folder}/{name}").is_file():
                yield from _crontab(host, f"{folder}/{name}", name)
    if own := host.crontab():
        yield from _lines(host, f"{SPOOLS[0]}/{host.user}", own, host.user)


def _crontab(host: Host, path: str, owner: str) -> Iterator[Ticker]:
    yield from _lines(host, path, host.text(path) or "", owner)


def _lines(host: Host, path: str, text: str, owner: str) -> Iterator[Ticker]:
    if PROGRAM not in text:
        return
    variables: dict[str, str] = {}
    for line in lines(text, style_of(path)):
        if isinstance(line, Setting):
            variables[line.name] = line.value
        elif isinstance(line, Entry) and verb_of(_shell_words(line.command))[0]:
            trouble = _cron_trouble(host, path, line, text)
            yield _line(line, path, line.user or owner, variables, trouble)


def _line(line: Entry, path: str, user: str, variables: Mapping[str, str], trouble: str) -> Ticker:
    words = _shell_words(line.command)
    home = variables.get("HOME") or _home(user)
    cwd = words[1] if words[0] == "cd" and len(words) > 1 else home
    assigned = dict(word.split("=", 1) for word in words if ASSIGNED.match(word))
    environ = {"HOME": home, **variables, **assigned}
    return Ticker(
        kind="cron",
        place=path,
        user=user,
        command=line.command,
        config=_config(verb_of(words)[1], environ, cwd, user),
        trouble=trouble,
        name=path.rpartition("/")[2],
        variables=dict(variables),
    )


def _cron_trouble(host: Host, path: str, line: Entry, text: str) -> str:
    """Why cron does not go by this line every minute, as cron(8) of Debian says."""
    name = path.rpartition("/")[2]
    if path.startswith("/etc/cron.d/") and not CRON_NAME.fullmatch(name):
        better = re.sub("[^A-Za-z0-9_-]", "-", name)
        return f"cron takes no file of that name: mv {path} /etc/cron.d/{better}"
    if path.startswith("/etc/"):
        found = os.stat(f"{host.root}{path}")  # noqa: PTH116 - paths are strings here
        if not host.root and found.st_uid != 0:
            return f"cron takes no file that is not root's: chown root {path}"
        if stat.S_IMODE(found.st_mode) & 0o022:
            return f"cron takes no file that others may write: chmod go-w {path}"
    if line.span[1] == len(text):
        return "cron does not read a last line without an end: add an empty one"
    if not EVERY_MINUTE.fullmatch(line.cron):
        return f"it ticks at {line.cron}, not every minute: write * * * * *"
    return ""


def unit_of(host: Host, name: str, *, is_user: bool) -> Unit | None:
    """A unit of this name with its drop-ins; None if it is not there, or is masked."""
    return _unit(host, _folders(host, is_user=is_user), name)


def _of_systemd(host: Host) -> Iterator[Ticker]:
    yield from _units(host, _folders(host, is_user=False), "root", is_user=False)
    yield from _units(host, _folders(host, is_user=True), host.user, is_user=True)


def _folders(host: Host, *, is_user: bool) -> Sequence[str]:
    """Where a manager looks for units, the first of a name counts."""
    own = (f"{host.home}/{folder}" for folder in OWN_UNITS)
    return (*own, *USER_UNITS) if is_user else SYSTEM_UNITS


def _units(host: Host, folders: Sequence[str], user: str, *, is_user: bool) -> Iterator[Ticker]:
    """The timers that start a tick, and the services that loop."""
    names = {name for folder in folders for name in host.names(folder)}
    for name in sorted(names):
        service = _unit(host, folders, name) if name.endswith((".timer", ".service")) else None
        if service is None:
            continue
        started = service
        if name.endswith(".timer"):
            target = service.value("Timer", "Unit") or f"{name.removesuffix('.timer')}.service"
            started = _unit(host, folders, target) or Unit(())
        wanted = "tick" if name.endswith(".timer") else "loop"
        for words in started.commands():
            verb, option = verb_of(words)
            if verb == wanted:
                yield _started(
                    started,
                    words,
                    option,
                    kind="timer" if verb == "tick" else "service",
                    name=name,
                    place=_place(host, folders, name),
                    user=user if is_user else started.value("Service", "User", user),
                    is_user=is_user,
                    trouble=_boot_trouble(host, folders, name, "--user " * is_user),
                )


def _started(
    unit: Unit, words: Sequence[str], option: str, *, user: str, **about: object
) -> Ticker:
    home = _home(user)
    environ = {"HOME": home, **unit.environment()}
    cwd = unit.value("Service", "WorkingDirectory", "/").replace("~", home)
    return Ticker(
        user=user,
        command=shlex.join(words),
        config=_config(_plain(option, home), environ, cwd, user),
        unit=unit,
        **about,  # type: ignore[arg-type]
    )


def _plain(text: str, home: str) -> str:
    """A word of a command line without what systemd puts in place of % and $."""
    parts = text.replace("$$", "$").split("%%")
    return "%".join(part.replace("%h", home) for part in parts)


def _unit(host: Host, folders: Sequence[str], name: str) -> Unit | None:
    texts = (host.text(f"{folder}/{name}") for folder in folders)
    text = next((text for text in texts if text is not None), "")
    if not text:
        return None
    drop_ins: dict[str, str] = {}
    for folder in reversed(folders):
        for each in host.names(f"{folder}/{name}.d"):
            if each.endswith(".conf"):
                drop_ins[each] = host.text(f"{folder}/{name}.d/{each}") or ""
    return read([text, *(drop_ins[each] for each in sorted(drop_ins))])


def _place(host: Host, folders: Sequence[str], name: str) -> str:
    places = (f"{folder}/{name}" for folder in folders)
    return next(place for place in places if host.text(place) is not None)


def _boot_trouble(host: Host, folders: Sequence[str], name: str, option: str) -> str:
    """Why the next start of its manager will not start it: nothing wants it."""
    for folder in folders:
        wants = [each for each in host.names(folder) if each.endswith((".wants", ".requires"))]
        if any(name in host.names(f"{folder}/{each}") for each in wants):
            return ""
    return f"it is not enabled: systemctl {option}enable --now {name}"


def _config(option: str, environ: Mapping[str, str], cwd: str, user: str) -> str:
    """The jobs.toml that a tick with this environment sees to; '' if it finds none."""
    asker = Asker(environ=environ, cwd=cwd, uid=_uid(user))
    try:
        return find_jobs(option, asker).path
    except UnusableError:
        return ""


def _shell_words(command: str) -> list[str]:
    """The words of a shell's line, more or less: enough to find a program among them."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:  # a quote that is not closed
        return command.split()


def _home(user: str) -> str:
    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError:
        return "/"


def _uid(user: str) -> int:
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        return -1
