"""Durations and sizes as jobs.toml spells them."""

import re
from datetime import timedelta
from functools import lru_cache

from jobrunner.config.finding import Refusal
from jobrunner.config.spelling import told
from jobrunner.model.value import Duration, Size

# A hundred years; nobody means more, and sums with it stay inside what datetime can hold.
LONGEST = 100 * 366 * 86400
MOST = 2**63 - 1

UNITS = {
    "w": 604_800_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1000,
    "ms": 1,
}
NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"
DURATION_PATTERN = "".join(f"(?:{NUMBER}{unit})?" for unit in UNITS)
DURATION = re.compile(DURATION_PATTERN)
PIECE = re.compile(r"([0-9.]+)(ms|[wdhms])")
DURATION_HINT = 'write "5m" (units ms s m h d w, e.g. "1h30m")'

FACTORS = {
    "": 1,
    "B": 1,
    "kB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "KiB": 1024,
    "MiB": 1024**2,
    "GiB": 1024**3,
    "TiB": 1024**4,
}
SIZE_PATTERN = r"[0-9]{1,18}(?:\.[0-9]{1,9})?(?:B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)?"
SIZE = re.compile(SIZE_PATTERN)
SIZE_HINT = 'write "512KiB" (units B KiB MiB GiB TiB kB MB GB TB)'


def duration(value: object) -> Duration:
    """A duration of at most a hundred years."""
    if isinstance(value, str):
        return _spelt(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal("E105", f"{told(value)} is not a duration", DURATION_HINT)
    if not 0 <= value <= LONGEST:
        raise _too_long(value)
    return _seconds(value)


@lru_cache(maxsize=4096)
def _seconds(value: int) -> Duration:
    return Duration(seconds=value)


@lru_cache(maxsize=4096)
def _spelt(text: str) -> Duration:
    if not text or not DURATION.fullmatch(text):
        raise Refusal("E105", f"{told(text)} is not a duration", DURATION_HINT)
    milliseconds = sum(float(number) * UNITS[unit] for number, unit in PIECE.findall(text))
    if milliseconds > LONGEST * 1000:
        raise _too_long(text)
    return Duration(milliseconds=milliseconds)


def _too_long(value: object) -> Refusal:
    return Refusal("E105", f"{told(value)} is not a duration from 0 to 100 years", DURATION_HINT)


def spelt(length: timedelta) -> str:
    """A duration as jobs.toml spells it, without weeks: 90 days are easier to grasp."""
    rest = round(length / timedelta(milliseconds=1))
    pieces: list[str] = []
    for unit in ("d", "h", "m", "s", "ms"):
        number, rest = divmod(rest, UNITS[unit])
        if number:
            pieces.append(f"{number}{unit}")
    return "".join(pieces) or "0s"


def spelt_size(bytes_: int) -> str:
    """A size as jobs.toml spells it."""
    exact = (unit for unit in ("TiB", "GiB", "MiB", "KiB") if not bytes_ % FACTORS[unit])
    unit = next(exact, "B")
    return f"{bytes_ // FACTORS[unit]}{unit}"


def size(value: object) -> Size:
    """A number of bytes that fits into 63 bits."""
    if isinstance(value, str) and SIZE.fullmatch(value):
        number = value.rstrip("BkMGTKi")
        bytes_ = int(float(number) * FACTORS[value[len(number) :]])
    elif isinstance(value, int) and not isinstance(value, bool):
        bytes_ = value
    else:
        raise Refusal("E106", f"{told(value)} is not a size", SIZE_HINT)
    if not 0 <= bytes_ <= MOST:
        raise Refusal("E106", f"{told(value)} is not a size from 0 to 8 EiB", SIZE_HINT)
    return Size(bytes_)
