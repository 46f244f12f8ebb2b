"""From what TOML gives to the value types of the model, one function for each type."""

import re
import signal
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jobrunner.config import moment, quantity, zone
from jobrunner.config.finding import Refusal
from jobrunner.config.spelling import meant, quoted, told
from jobrunner.model.value import (
    Days,
    Duration,
    Moment,
    Moments,
    Regex,
    Secret,
    Signal,
    Size,
    Windows,
    Words,
    Zone,
)

SIGNALS = sorted(name.removeprefix("SIG") for name in signal.Signals.__members__)


def decode(type_: type, value: Any) -> Any:
    """`value` as one of the model's own types; msgspec's dec_hook.  Raises Refusal."""
    return value if type(value) is type_ else DECODERS[type_](value)


def word(value: object) -> str:
    """A string that says something."""
    if not isinstance(value, str):
        raise Refusal("E102", f"expected a string, found {told(value)}")
    if not value:
        raise Refusal("E116", "an empty string says nothing here")
    return value


def elements(value: object) -> list[Any]:
    """What the short form of a list stands for."""
    return value if isinstance(value, list) else [value]


def _words(value: object) -> Words:
    return Words(map(word, elements(value)))


def _moments(value: object) -> Moments:
    return Moments(map(moment.instant, elements(value)))


def _days(value: object) -> Days:
    return Days(map(moment.day, elements(value)))


def _windows(value: object) -> Windows:
    return Windows(map(moment.window, elements(value)))


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Regex:
    try:
        # What Python may read otherwise one day is no concern of who runs the job.
        with warnings.catch_warnings(action="ignore"):
            re.compile(text)
    except re.error as error:
        place = error.pos if error.pos is not None and error.pos < len(text) else None
        piece = None if place is None else (place, place + 1)
        raise Refusal("E112", f"{quoted(text)} is no pattern: {error.msg}", "", piece) from None
    except (RecursionError, OverflowError):
        raise Refusal("E112", f"{quoted(text)} is no pattern: it is too deep or large") from None
    return Regex(text)


def _regex(value: object) -> Regex:
    return _compiled(value if isinstance(value, str) else word(value))


def _secret(value: object) -> Secret:
    if not isinstance(value, str):
        raise Refusal("E102", "expected a string, found something else")
    return Secret(value)


def _signal(value: object) -> Signal:
    name = word(value).removeprefix("SIG")
    if name not in SIGNALS:
        hint = meant(name.upper(), SIGNALS) or 'write a name such as "TERM"'
        raise Refusal("E115", f"{told(value)} is not a signal", hint)
    return Signal(name)


def _zone(value: object) -> Zone:
    if not isinstance(value, str):
        raise Refusal("E109", f"{told(value)} is not a time zone", zone.HINT)
    return zone.zone(value)


DECODERS: Mapping[type, Callable[[object], object]] = {
    Duration: quantity.duration,
    Size: quantity.size,
    Words: _words,
    Regex: _regex,
    Secret: _secret,
    Signal: _signal,
    Zone: _zone,
    Moment: moment.moment,
    Moments: _moments,
    Days: _days,
    Windows: _windows,
}

# The types that are one value or a list of them, and what checks one.
SEVERAL: Mapping[type, Callable[[object], object]] = {
    Words: word,
    Moments: moment.instant,
    Days: moment.day,
    Windows: moment.window,
}
