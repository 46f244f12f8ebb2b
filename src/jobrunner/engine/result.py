"""The file in which an attempt may leave JSON for its supervisor: $JOBRUNNER_RESULT.

It is made before the start and belongs to the job's user, so nothing in it is believed: not what
kind of file it has become, not its size, not a single value.
"""

import errno
import fcntl
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from typing import Any

from msgspec import DecodeError, Struct, json

from jobrunner.config.finding import Refusal
from jobrunner.config.quantity import duration
from jobrunner.config.spelling import meant, quoted, told
from jobrunner.model.result import Result, from_text

MOST = 256 * 1024
LONGEST_MESSAGE = 1000  # characters; what is longer belongs into the output, or into `data`
LONGEST_NAME = 100
MOST_METRICS = 100
MOST_PROBLEMS = 5
DEEPEST = 100
LARGEST = sys.float_info.max
METRIC = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
SHORTEST = timedelta(seconds=1)
PRIVATE = stat.S_IFREG | 0o600
KEYS = ("message", "data", "metrics", "next_in", "success", "error", "status")
WANTED = {"success": "true or false", "status": "a status of HTTP"}
STATUSES = range(100, 600)

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
AGAIN = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Found(Struct, frozen=True, kw_only=True):
    """What was left, if anything, and a sentence for each thing that is wrong with it."""

    result: Result | None = None
    problems: tuple[str, ...] = ()


def make(path: str, owner: tuple[int, int]) -> None:
    """A new empty file for its user (uid, gid) alone; OSError when the path is taken."""
    file = os.open(path, MAKE, 0o600)
    try:
        os.fchmod(file, 0o600)
        if os.geteuid() == 0:
            os.fchown(file, *owner)
    except OSError:
        remove(path)
        raise
    finally:
        os.close(file)


def renew(old: str, path: str, owner: tuple[int, int]) -> None:
    """An empty file of an ended attempt as a new one at `path`, in place of what is there.

    OSError if it cannot be: it is not as we made it, or somebody has it open still.  To be called
    for a file that nobody else can open by then.
    """
    file = os.open(old, AGAIN)
    try:
        found = os.fstat(file)
        is_new = (found.st_mode, found.st_nlink, found.st_size) == (PRIVATE, 1, 0)
        if not is_new or (found.st_uid, found.st_gid) != owner:
            raise OSError(errno.ESTALE, "is not as it was made", old)
        # Had only while no other descriptor leads to the file; let go of as ours is closed.
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    finally:
        os.close(file)
    os.rename(old, path)  # noqa: PTH104 - a thousand starts a minute


def remove(path: str) -> None:
    """Take the file away, if it is there."""
    with suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 - a thousand ends a minute


def read(path: str, owner: int) -> Found:
    """What the attempt of this user (uid) left; what is wrong is left out, and told."""
    try:
        file = os.open(path, READ)
    except FileNotFoundError:
        return Found()
    except OSError as error:
        return _wrong(f"cannot be read: {error.strerror}")
    try:
        found = os.fstat(file)
        # Through another name it could be anybody's file, and anybody's secret would be shown.
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1 or found.st_uid != owner:
            return _wrong("is not the file that was made for it")
        if found.st_size > MOST:
            return _wrong(f"is over {MOST >> 10} KiB")
        return understood(os.read(file, MOST))
    except OSError as error:
        return _wrong(f"cannot be read: {error.strerror}")
    finally:
        os.close(file)


def understood(content: bytes) -> Found:
    """The values that can be used; each of the others is a problem of its own."""
    if not content.strip():
        return Found()
    try:
        table = json.decode(content)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _wrong(f"is not JSON: {error}")
    if not isinstance(table, dict):
        return _wrong(f"holds {told(table)}, not an object")
    values: dict[str, Any] = {}
    problems: list[str] = []
    for key, value in table.items():
        try:
            values |= {} if value is None else _value(key, value)
        except Refusal as refusal:
            problems.append(_sentence(f": {refusal.message}", refusal.hint))
    metrics, more = _metrics(table.get("metrics"))
    result = Result(**values, metrics=metrics)
    return Found(
        result=result if result != Result() else None, problems=tuple(_some([*problems, *more]))
    )


def next_in(text: str) -> timedelta | None:
    """When the job wants its next slot, from what the ledger kept of its result."""
    result = from_text(text)
    return result.next_in if result else None


def _value(key: str, value: Any) -> dict[str, Any]:
    """One field of the Result; Refusal if it is none, or of another type."""
    match key, value:
        case "metrics", _:
            return {}
        case "data", _ if _is_deep(value):
            raise Refusal("", f"`data` is more than {DEEPEST} levels deep")
        case "data", _:
            return {"data": value}
        case "message", str():
            return {"message": _cut(value)}
        case "error", str():
            return {"error": value.strip()[:LONGEST_NAME]}
        case ("success", bool()) | ("status", int()) if _is_told(key, value):
            return {key: value}
        case "next_in", _:
            return {"next_in_seconds": _seconds(value)}
    if key in KEYS:
        raise Refusal("", f"`{key}` is {told(value)}, not {WANTED.get(key, 'a text')}")
    raise Refusal("", f"{quoted(key)} is not a key", meant(key, KEYS))


def _is_told(key: str, value: int) -> bool:
    """Whether a number is one of a status; true and false are numbers, too."""
    return key == "success" or (not isinstance(value, bool) and value in STATUSES)


def _cut(message: str) -> str:
    message = message.strip()
    return message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"


def _is_deep(value: Any, room: int = DEEPEST) -> bool:
    """Whether lists and objects lie in one another deeper than everybody can read."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return room == 0 or any(_is_deep(each, room - 1) for each in inner)


def _seconds(value: Any) -> float:
    """A duration as in jobs.toml, or seconds, which may have a fraction here."""
    part = value % 1 if isinstance(value, float) else 0.0
    try:
        length = duration(int(value) if isinstance(value, float) else value)
    except Refusal as refusal:
        raise Refusal("", f"`next_in`: {refusal.message}", refusal.hint) from None
    if length < SHORTEST:
        raise Refusal("", f"`next_in` is {told(value)}, less than a second")
    return length.total_seconds() + part


def _metrics(value: Any) -> tuple[dict[str, float], list[str]]:
    """Figures by name, and what is wrong with those that are left out."""
    if value is None:
        return {}, []
    if not isinstance(value, dict):
        return {}, [_sentence(f": `metrics` is {told(value)}, not an object")]
    good = {name: float(figure) for name, figure in value.items() if _is_metric(name, figure)}
    problems = [_bad_metric(name, figure) for name, figure in value.items() if name not in good]
    if len(good) > MOST_METRICS:
        problems.append(_sentence(f": of {len(good):,} metrics {MOST_METRICS} are kept"))
    return dict(islice(good.items(), MOST_METRICS)), problems


def _is_metric(name: str, figure: Any) -> bool:
    is_number = isinstance(figure, int | float) and not isinstance(figure, bool)
    return is_number and bool(METRIC.fullmatch(name)) and abs(figure) <= LARGEST


def _bad_metric(name: str, figure: Any) -> str:
    if METRIC.fullmatch(name):
        return _sentence(f": metric {name} is {told(figure)}, not a number that can be kept")
    return _sentence(f": {quoted(name)} is not the name of a metric")


def _some(problems: list[str]) -> Iterator[str]:
    yield from problems[:MOST_PROBLEMS]
    if len(problems) > MOST_PROBLEMS:
        yield _sentence(f": {len(problems) - MOST_PROBLEMS:,} more problems")


def _wrong(what: str) -> Found:
    return Found(problems=(_sentence(f" {what}"),))


def _sentence(what: str, hint: str = "") -> str:
    return f"$JOBRUNNER_RESULT{what}" + (f"; {hint}" if hint else "")
