"""Placeholders in text: {slot}, {previous_success}, {run_id}, {attempt}, {param.NAME}.

What else stands in braces stays as it is, to the byte; so does a brace behind "$" or another brace,
which belongs to a shell or to somebody else's templates.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from jobrunner.cron.clockchange import change_over
from jobrunner.errors import UnusableError
from jobrunner.words import listed

# What begins like a placeholder, up to its closing brace or to where it cannot go on.
PIECE = re.compile(
    r"(?<![${])\{(?=(?:slot|previous_success|run_id|attempt)[ \t]*[-+:.}]|param[.}])[^{}\n]*\}?"
)
FORM = re.compile(
    r"\{(?P<name>slot|previous_success|run_id|attempt|param)"
    r"(?:\.(?P<param>\w+))?(?P<move>[-+][^:{}]*)?(?P<colon>:(?P<format>[^{}]*))?\}",
    re.ASCII,
)
# The parts that may stand behind a name.
PARTS: Mapping[str, frozenset[str]] = {
    "slot": frozenset({"move", "colon"}),
    "previous_success": frozenset({"colon"}),
    "run_id": frozenset(),
    "attempt": frozenset(),
    "param": frozenset({"param"}),
}
FORMS = "{slot}, {slot:%Y-%m-%d}, {slot-1d:%Y-%m-%d}, {previous_success}, {run_id}, {attempt}, "
HINT = f"the forms are {FORMS}{{param.NAME}}"

# A duration as jobs.toml spells it.
UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"
LENGTH = re.compile("".join(f"(?:{NUMBER}{unit})?" for unit in (*UNITS, "ms")))
COUNTED = re.compile(r"([0-9.]+)(ms|[wdhms])")
LONGEST = timedelta(days=100 * 366)
DAY = timedelta(days=1)

# What strftime(3) of glibc and Python understand alike; %s is ours: theirs is wrong out of UTC.
DIRECTIVE = re.compile(
    r"%(?:[-_0^#]?[aAbBcCdDeFgGhHIjklmMnpPrRStTuUVwWxXyY]|[fszZ%])|(?P<unknown>%.?)", re.DOTALL
)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Facts(Struct, frozen=True, kw_only=True):
    """What a run knows of itself; `zone` is the one that its times are told in."""

    slot: datetime | None
    zone: tzinfo
    previous_success: datetime | None
    run_id: int
    attempt: int
    params: Mapping[str, str]


class Flaw(NamedTuple):
    """What is wrong with a piece of a text, what to do, and its offsets there."""

    message: str
    hint: str
    span: tuple[int, int]


class _Place(NamedTuple):
    """One placeholder, understood."""

    name: str
    param: str
    move: "_Move"
    format: str


class _Move(NamedTuple):
    """How far a slot is moved: whole days by what clocks show, the rest by real time."""

    days: int
    rest: timedelta


class _Malformed(ValueError):  # noqa: N818 - becomes a Flaw or a sentence, never leaves here
    def __init__(self, reason: str, hint: str = HINT) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


def flaws(text: str, params: Collection[str]) -> Iterator[Flaw]:
    """Every piece that begins like a placeholder and is none; `params` are the declared ones."""
    for piece in PIECE.finditer(text):
        try:
            place = _understood(piece[0])
            _check_declared(place, params)
        except _Malformed as error:
            message = f"{_cut(piece[0])} is no placeholder: {error.reason}"
            yield Flaw(message, error.hint, piece.span())


def named(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The parameters that a text without flaws names, each with the offsets of its placeholder."""
    for piece in PIECE.finditer(text):
        form = FORM.fullmatch(piece[0])
        if form and form["param"]:
            yield form["param"], piece.span()


def fill(text: str, facts: Facts, spelt: Callable[[str], str] = str) -> str:
    """The text with every placeholder filled, once: what is filled in is not looked at again.

    `spelt` is how a value has to be written where it comes to stand.  UnusableError when one is
    malformed, or asks for a slot or parameter that the run lacks.
    """
    if "{" not in text:
        return text
    return PIECE.sub(lambda piece: spelt(_filled(piece[0], facts)), text)


def _filled(piece: str, facts: Facts) -> str:
    try:
        place = _understood(piece)
        _check_declared(place, facts.params)
    except _Malformed as error:
        raise UnusableError(f"{_cut(piece)} is no placeholder: {error.reason}.") from None
    match place.name:
        case "param":
            return facts.params[place.param]
        case "slot":
            return _shown(_moved(piece, facts, place.move), place.format)
        case "previous_success":
            success = facts.previous_success
            return _shown(success.astimezone(facts.zone), place.format) if success else ""
    return str(facts.run_id if place.name == "run_id" else facts.attempt)


@lru_cache(maxsize=1024)
def _understood(piece: str) -> _Place:
    form = FORM.fullmatch(piece)
    if form is None:
        closed = piece.endswith("}")
        raise _Malformed("it is not written like one" if closed else "its brace is not closed")
    name = form["name"]
    for part in ("param", "move", "colon"):
        if form[part] is not None and part not in PARTS[name]:
            raise _Malformed(f"{_cut(form[part])} cannot stand behind {name}")
    if form["colon"]:
        _check_format(form["format"])
    return _Place(name, form["param"] or "", _move(form["move"] or ""), form["format"] or "")


def _check_declared(place: _Place, params: Collection[str]) -> None:
    if place.name != "param" or place.param in params:
        return
    known = f"declared are {listed(params)}" if params else "the job declares no params"
    reason = f"there is no parameter {_cut(place.param)}" if place.param else "it names none"
    raise _Malformed(reason, known)


def _check_format(format_: str) -> None:
    found = list(DIRECTIVE.finditer(format_))
    unknown = next((each[0] for each in found if each["unknown"]), None)
    hint = 'write a format of strftime(3), such as "%Y-%m-%d"'
    if unknown:
        raise _Malformed(f"{_cut(unknown)} is nothing that a format can show", hint)
    if not found:
        raise _Malformed("its format shows nothing of the time", hint)


def _move(text: str) -> _Move:
    """How far "-1d" or "+2h30m" goes."""
    if not text:
        return _Move(0, timedelta())
    length = text[1:]
    if not length or not LENGTH.fullmatch(length):
        hint = "write {slot-1d} or {slot+2h30m} (units ms s m h d w)"
        raise _Malformed(f"{_cut(length)} is not a duration", hint)
    days, rest = _length(length)
    return _Move(-days, -rest) if text[0] == "-" else _Move(days, rest)


def _length(text: str) -> _Move:
    dates = rest = timedelta()
    for number, unit in COUNTED.findall(text):
        if unit in {"w", "d"}:
            dates += float(number) * (7 * DAY if unit == "w" else DAY)
        else:
            rest += float(number) * timedelta(**{UNITS.get(unit, "milliseconds"): 1})
        if dates + rest > LONGEST:
            raise _Malformed("it is more than 100 years away")
    days, part = divmod(dates, DAY)
    return _Move(days, part + rest)


def _moved(piece: str, facts: Facts, move: _Move) -> datetime:
    """The slot so far away.  A time that clocks skip there becomes the first one after the gap."""
    if facts.slot is None:
        raise UnusableError(f"{_cut(piece)} cannot be filled: the run has no slot.")
    moment = facts.slot.astimezone(facts.zone)
    try:
        if move.days:
            moment = _at(moment.replace(tzinfo=None, fold=0) + move.days * DAY, facts.zone)
        return (moment.astimezone(UTC) + move.rest).astimezone(facts.zone)
    except OverflowError:
        raise UnusableError(f"{_cut(piece)} lies beyond the calendar.") from None


def _at(wall: datetime, zone: tzinfo) -> datetime:
    """The instant at which clocks show this; of two, the first."""
    change = change_over(zone, wall)
    return change.at if change and change.skips else wall.replace(tzinfo=zone)


def _shown(moment: datetime, format_: str) -> str:
    if not format_:
        return moment.isoformat()
    # One by one: what stands between them is not handed to the C library.
    return DIRECTIVE.sub(lambda found: _part(moment, found[0]), format_)


def _part(moment: datetime, directive: str) -> str:
    if directive == "%s":
        return str((moment - BEGINNING) // SECOND)
    return moment.strftime(directive)


def _cut(text: str, longest: int = 60) -> str:
    return text if len(text) <= longest else text[: longest - 3] + "..."
