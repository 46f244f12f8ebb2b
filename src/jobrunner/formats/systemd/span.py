"""Lengths of time as systemd.time(7) has them."""

import re

from jobrunner.config.quantity import LONGEST
from jobrunner.formats.leaving import CannotSayError

UNITS = {
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec"), 0.001),
    **dict.fromkeys(("us", "usec", "\N{MICRO SIGN}s"), 1e-6),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604800.0),
    **dict.fromkeys(("M", "month", "months"), 2629800.0),
    **dict.fromkeys(("y", "year", "years"), 31557600.0),
}
PIECE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z\N{MICRO SIGN}]*)")


def seconds_of(text: str) -> float:
    """Such as "1h 30min"; a bare number is seconds."""
    at, total = 0, 0.0
    while found := PIECE.match(text, at):
        if found[2] not in UNITS:
            break
        total += float(found[1]) * UNITS[found[2]]
        at = found.end()
    if not text.strip() or text[at:].strip() or total > LONGEST:
        raise CannotSayError(f"{text} is not a length of time")
    return total
