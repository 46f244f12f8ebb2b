"""The plan file: the last good configuration, compiled, with the prints of what it was read from.

Only its owner may have written it, or a folder above it in its place: what it holds is executed.
Of a job it holds what differs from the defaults, so that ten thousand are at hand in a moment.

The half of pickle that is written in C has all that is needed: the other one is a copy of it in
Python, and would be in every supervisor's memory.
"""

import _pickle
import io
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import NODEFAULT, Struct, json
from msgspec.structs import FieldInfo, fields, replace

from jobrunner import __version__
from jobrunner.config.plenty import without_collection
from jobrunner.engine.state import State
from jobrunner.engine.watch import Prints, code_version
from jobrunner.model.job import Job
from jobrunner.model.settings import Config

FORMAT = 1
PROTOCOL = 5  # of pickle: the newest that each Python knows that can run this
MODE = 0o600
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# A zone that has no name: the host's, where it is a file of its own.
NAMELESS = "localtime"
LOCALTIME = "/etc/localtime"
# What decides which zone is the host's, and where zones are found, beside files.
VARIABLES = ("TZ", "PYTHONTZPATH")


class Header(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a configuration is good for, in a form that is harmless to read."""

    format: int
    code: str
    path: str
    variables: tuple[str, ...]
    prints: Prints

    def is_of_this_version(self) -> bool:
        return self.format == FORMAT and self.code.startswith(f"{__version__}+")

    def is_of(self, path: str, environ: Mapping[str, str]) -> bool:
        """Whether this very code would understand this file of this process in the same way."""
        here = (code_version(), path, _variables(environ))
        return (self.code, self.path, self.variables) == here


class Kept(Struct, frozen=True):
    """A plan file that nobody else can have written; its configuration is not understood yet."""

    header: Header
    body: bytes

    def config(self) -> Config | None:
        """None if the file is not whole."""
        try:
            with without_collection():
                config, jobs = _Reader(io.BytesIO(self.body)).load()
                whole: Config = replace(config, jobs={told["name"]: Job(**told) for told in jobs})
                return whole
        except Exception:  # noqa: BLE001 - whatever a file that was cut short makes of itself
            return None


def find(state: State, uid: int) -> Kept | None:
    """What was kept; None if there is nothing, or `uid` may not trust it."""
    content = _content(state, uid)
    first, _, body = content.partition(b"\n")
    try:
        header = json.decode(first, type=Header)
    except ValueError:
        return None
    return Kept(header, body) if header.is_of_this_version() else None


def keep(config: Config, prints: Prints, environ: Mapping[str, str], state: State) -> None:
    """Keep it for whoever comes next; that it cannot be kept stops nothing."""
    header = Header(
        format=FORMAT,
        code=code_version(),
        path=config.origin,
        variables=_variables(environ),
        prints=prints,
    )
    temporary = f"{state.plan}.{os.getpid()}"
    # A name that is no text is rare, and only costs those who come next the reading.
    with suppress(OSError, ValueError, _pickle.PicklingError):
        content = json.encode(header) + b"\n" + _body(config)
        with suppress(FileNotFoundError):
            os.unlink(temporary)  # noqa: PTH108 - paths are strings here
        with open(os.open(temporary, WRITE, MODE), "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(content)
        os.replace(temporary, state.plan)  # noqa: PTH105 - paths are strings here


def _body(config: Config) -> bytes:
    usual = {field.name: _default(field) for field in fields(Job)}
    buffer = io.BytesIO()
    jobs = [_told(job, usual) for job in config.jobs.values()]
    _Writer(buffer, PROTOCOL).dump((replace(config, jobs={}), jobs))
    return buffer.getvalue()


def _told(job: Job, usual: Mapping[str, Any]) -> dict[str, Any]:
    """What a job has that others have not."""
    told = {}
    for key, default in usual.items():
        value = getattr(job, key)
        if value != default or type(value) is not type(default):
            told[key] = value
    return told


def _default(field: FieldInfo) -> Any:
    """What a field has that nothing was said about; nothing is like NODEFAULT."""
    if field.default_factory is not NODEFAULT:
        return field.default_factory()
    return field.default


class _Writer(_pickle.Pickler):
    def persistent_id(self, value: Any) -> str | None:
        return NAMELESS if isinstance(value, ZoneInfo) and value.key == NAMELESS else None


class _Reader(_pickle.Unpickler):
    def persistent_load(self, name: str) -> ZoneInfo:
        if name != NAMELESS:
            raise _pickle.UnpicklingError(name)
        with open(LOCALTIME, "rb") as file:  # noqa: PTH123 - paths are strings here
            return ZoneInfo.from_file(file, key=NAMELESS)


def _content(state: State, uid: int) -> bytes:
    """The file's bytes if it and its folder are this user's alone; else nothing."""
    folder, _, name = state.plan.rpartition("/")
    try:
        with _opened(folder, FOLDER) as place:
            if not _is_own(os.fstat(place), uid):
                return b""
            with _opened(name, READ, place) as file:
                found = os.fstat(file)
                is_file = stat.S_ISREG(found.st_mode) and found.st_nlink == 1
                if not is_file or not _is_own(found, uid):
                    return b""
                with open(file, "rb", closefd=False) as stream:
                    return stream.read()
    except (OSError, ValueError):
        return b""


@contextmanager
def _opened(name: str, flags: int, folder: int | None = None) -> Iterator[int]:
    file = os.open(name, flags, dir_fd=folder)
    try:
        yield file
    finally:
        os.close(file)


def _is_own(found: os.stat_result, uid: int) -> bool:
    return found.st_uid == uid and not found.st_mode & 0o077


def _variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(environ.get(name, "") for name in VARIABLES)
