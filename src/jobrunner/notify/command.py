"""A command of one's own: the event as JSON on its standard input, and as variables."""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from tempfile import TemporaryFile
from typing import BinaryIO

from msgspec import Struct

from jobrunner.notify.message import Message, NotifyError, body

TIMEOUT = 30.0  # seconds
MOST = 32_768  # characters of a variable; a kernel takes 128 KiB
TAIL = 500  # bytes of what it complains of


class Command(Struct, frozen=True, kw_only=True):
    """What to run, where, and the environment beside the event."""

    argv: tuple[str, ...]
    folder: str
    env: Mapping[str, str] = {}


def send(way: Command, message: Message) -> str:
    with TemporaryFile() as complaint:
        code = _run(way, message, complaint)
        if code:
            complaint.seek(max(0, complaint.seek(0, os.SEEK_END) - TAIL))
            said = complaint.read().decode(errors="replace").strip().rpartition("\n")[2]
            how = f"signal {-code}" if code < 0 else f"exit {code}"
            raise NotifyError(f"{way.argv[0]} failed, {how}" + (f": {said}" if said else ""))
    return "exit 0"


def variables(message: Message) -> dict[str, str]:
    """The event as variables."""
    told = {
        "EVENT": message.event,
        "TITLE": message.title,
        "TEXT": message.text,
        "MESSAGE_ID": message.id,
        "HOST": message.host,
        **{name.upper(): _text(value) for name, value in message.data.items()},
    }
    return {f"JOBRUNNER_{name}": _usable(text) for name, text in told.items()}


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, list | dict) else str(value)


def _usable(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:MOST]


def _run(way: Command, message: Message, complaint: BinaryIO) -> int:
    try:
        child = subprocess.Popen(  # noqa: S603 - to run what jobs.toml says is the trade
            way.argv,
            cwd=way.folder,
            env={**way.env, **variables(message)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaint,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise NotifyError(f"{way.argv[0]} cannot be run: {why}") from None
    try:
        child.communicate(body(message), TIMEOUT)
    except subprocess.TimeoutExpired:
        raise NotifyError(f"{way.argv[0]} took longer than {TIMEOUT:.0f} seconds") from None
    finally:
        _end(child)
    return child.returncode


def _end(child: subprocess.Popen[bytes]) -> None:
    """Leave nothing of its session behind, whatever became of it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    if child.stdin:
        with suppress(OSError):
            child.stdin.close()
    child.wait()
