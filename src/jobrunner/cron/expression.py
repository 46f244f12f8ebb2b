"""A whole cron expression: five, six or seven fields, or an alias such as @daily."""

import re
from functools import lru_cache

from msgspec import Struct

from jobrunner.cron.day import ever_holds, read_days, why_never
from jobrunner.cron.daytime import Times
from jobrunner.cron.error import CronError, shown
from jobrunner.cron.field import (
    DAY,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    WEEKDAY,
    YEAR,
    Field,
    Place,
    read_field,
)
from jobrunner.cron.wall import Wall

LONGEST = 2000
ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
WORD = re.compile(r"[^ \t\r\n]+")
FIVE = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)
PLACES = {5: FIVE, 6: (SECOND, *FIVE), 7: (SECOND, *FIVE, YEAR)}
ON_THE_MINUTE = Field("0", (0,))
ANY_YEAR = Field("*", (), starred=True)


class Expression(Struct, frozen=True):
    """What an expression says: its fields, and the wall-clock times that they make.

    `wild` is cron(8)'s word for a job that follows the real clock through a change: its minute or
    hour starts with *.  Expressions with seconds, which cron does not know, count as wild.
    """

    text: str
    second: Field
    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field
    year: Field
    wild: bool
    wall: Wall

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


@lru_cache(maxsize=4096)
def read(text: str, name: str) -> Expression:
    """The expression that `text` says; H is drawn from `name`.  CronError if it cannot be used."""
    if len(text) > LONGEST:
        raise CronError(f"an expression of {len(text)} characters is too long", span=(0, LONGEST))
    words = list(WORD.finditer(_without_alias(text)))
    places = PLACES.get(len(words))
    if places is None:
        raise _miscounted(text, words)
    fields = [_field(place, word, name) for place, word in zip(places, words, strict=True)]
    if len(fields) == len(FIVE):
        fields.insert(0, ON_THE_MINUTE)
    if len(fields) == len(FIVE) + 1:
        fields.append(ANY_YEAR)
    return _compose(text, fields, wild=len(words) > len(FIVE))


def _compose(text: str, fields: list[Field], *, wild: bool) -> Expression:
    second, minute, hour, day, month, weekday, year = fields
    days = read_days(day, month, weekday, () if year.text == "*" else year.values)
    if not ever_holds(days):
        raise CronError(
            f'"{shown(text)}" never comes due: {why_never(days)}',
            field="day",
            value=day.text,
            span=(0, len(text)),
        )
    wall = Wall(days, Times(hour.values, minute.values, second.values))
    wild = wild or minute.starred or hour.starred
    return Expression(text, second, minute, hour, day, month, weekday, year, wild, wall)


def _field(place: Place, word: re.Match[str], name: str) -> Field:
    spread = "h" in word[0].lower()
    try:
        return read_field(place, word[0], name if spread else "")
    except CronError as error:
        raise error.shifted(word.start()) from None


def _without_alias(text: str) -> str:
    alias = text.strip(" \t\r\n")
    if not alias.startswith("@"):
        return text
    if alias in ALIASES:
        return ALIASES[alias]
    start = text.index("@")
    raise CronError(
        _about_alias(alias),
        value=alias,
        allowed=" ".join(ALIASES),
        span=(start, start + len(alias)),
    )


def _about_alias(alias: str) -> str:
    match alias.split(maxsplit=1)[0]:
        case "@reboot":
            return "@reboot names no instant: it means the first look after the host has started"
        case "@every":
            return f'{shown(alias)} is not cron: write every = "{shown(alias[6:].strip()) or "1h"}"'
    return f"{shown(alias)} is not one of {' '.join(ALIASES)}"


def _miscounted(text: str, words: list[re.Match[str]]) -> CronError:
    more = "" if len(words) <= max(PLACES) else "; six have seconds first, seven a year last"
    return CronError(
        f"expected five fields (minute hour day month weekday), found {len(words) or 'none'}{more}",
        span=(0, len(text)),
    )
