"""How this jobrunner is called from anywhere, and whether it will still be there tomorrow."""

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import PurePath

from msgspec import Struct

from jobrunner.config.spelling import shown
from jobrunner.errors import ForbiddenError, JobrunnerError
from jobrunner.jobfile.descent import opened
from jobrunner.jobfile.trust import user_name

TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/var/cache", "/proc")  # noqa: S108 - refused
# Where uvx, pipx run and others keep what they may clear at any time.
CACHES = ("UV_CACHE_DIR", "XDG_CACHE_HOME", "TMPDIR", "XDG_RUNTIME_DIR")
CACHE = ".cache"
NAME = "jobrunner"


class Program(Struct, frozen=True):
    """The words that begin its command lines, its interpreter, and where that lives."""

    words: tuple[str, ...]
    interpreter: str
    prefix: str


def this_program(cwd: str) -> Program:
    """The script that was called, if it leads to this interpreter; else the interpreter itself."""
    interpreter = str(PurePath(cwd, sys.executable))
    script = str(PurePath(cwd, sys.argv[0]))
    beside = str(PurePath(interpreter).parent / NAME)
    for each in (script, beside):
        if PurePath(each).name == NAME and _leads_to(each, interpreter):
            return Program((each,), interpreter, sys.prefix)
    return Program((interpreter, "-P", "-m", NAME), interpreter, sys.prefix)


def check_lasting(program: Program, environ: Mapping[str, str]) -> None:
    """Refuse what may be gone tomorrow."""
    folders = {*TEMPORARY, tempfile.gettempdir(), *filter(None, map(environ.get, CACHES))}
    for path in (program.words[0], program.interpreter, program.prefix):
        if _is_temporary(path, folders) or _is_temporary(os.path.realpath(path), folders):
            raise JobrunnerError(
                f"this jobrunner is at {shown(path)}, which may vanish; install it with pipx or"
                " into /opt/jobrunner first.\n"
                "With pipx: pipx install jobrunner\n"
                "For a host: python3 -m venv /opt/jobrunner && /opt/jobrunner/bin/pip install"
                " jobrunner"
            )


def check_trusted(program: Program, uid: int) -> None:
    """Refuse a program that somebody else could replace, or that this user cannot start."""
    for path in {program.words[0], program.interpreter}:
        with opened(path, uid):
            pass
    if uid != os.geteuid() and not _starts(program, uid):
        raise ForbiddenError(
            f"{user_name(uid)}, whose jobs these are, cannot start {shown(program.words[0])}:"
            f" that, or {shown(os.path.realpath(program.interpreter))}, is closed to others.\n"
            "Install jobrunner where everybody may read it: python3 -m venv /opt/jobrunner"
        )


def _starts(program: Program, uid: int) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - this very program
            [*program.words, "--version"],
            user=uid,
            group=pwd.getpwuid(uid).pw_gid,
            extra_groups=[],
            cwd="/",
            env={},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except (OSError, KeyError):
        return False
    return not done.returncode


def _is_temporary(path: str, folders: Iterable[str]) -> bool:
    place = PurePath(path)
    return CACHE in place.parts or any(
        place.is_relative_to(each)
        for folder in folders
        for each in (folder, os.path.realpath(folder))
    )


def _leads_to(script: str, interpreter: str) -> bool:
    """Whether its first line names an interpreter of the same folder."""
    try:
        with open(script, "rb") as file:  # noqa: PTH123 - paths are strings here
            first = os.fsdecode(file.readline(4096)).rstrip()
    except OSError:
        return False
    named = PurePath(first.removeprefix("#!"))
    return first.startswith("#!") and named.parent == PurePath(interpreter).parent
