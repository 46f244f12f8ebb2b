"""The table of a job with what was filled in on a form: what does not differ stays as it is."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from jobrunner.engine.draft import when
from jobrunner.engine.draft.assign import values
from jobrunner.engine.draft.sheet import (
    AT,
    BACKOFF,
    CALL,
    CHANNEL,
    COMMAND,
    CRON,
    DAILY,
    DELAY,
    EVERY,
    HAND,
    HTTP,
    KEPT,
    KINDS,
    NOBODY,
    NONE,
    NOTIFY,
    PYTHON,
    RETRIES,
    RETRY,
    SQL,
    THESE,
    TIMES,
    YES,
    Fields,
    Table,
    filled,
    table_at,
)

# As a reader asks: what, when, and what if.
ORDER = (
    *("description", "tags", "enabled", CRON, EVERY, AT, "start", "end", "timezone"),
    *(COMMAND, HTTP, PYTHON, SQL, "database_env", "timeout", RETRIES, RETRY, "overlap", NOTIFY),
)

NUMBER = re.compile(r"[0-9]{1,9}")


class FieldError(ValueError):
    """What somebody filled in cannot be understood; `field` is where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def emended(table: Table, fields: Fields, now: datetime, zone: tzinfo) -> dict[str, Any]:
    """The table with what differs in these fields; keys that no field is about stay as they are.

    A field that is not there is as it was, but for boxes, of which only the ticked ones are sent.
    FieldError for what cannot be understood; whether it can be is for the whole file to say.
    """
    before = {name: _clean(text) for name, text in filled(table).items()}
    wanted = before | {name: _clean(text) for name, text in fields.items()}
    for name in [name for name in wanted if name == "enabled" or name.startswith(CHANNEL)]:
        wanted[name] = fields.get(name, "")
    sheet = _Sheet(table, before, wanted)
    for name, read in SIMPLE.items():
        if sheet.differs(name):
            sheet.put(name, _read(read, name, wanted[name]))
    if sheet.differs("enabled"):
        sheet.put("enabled", wanted["enabled"] == YES)
    _emend_kind(sheet)
    _emend_times(sheet, now, zone)
    _emend_retries(sheet)
    _emend_channels(sheet)
    rank = {name: number for number, name in enumerate(ORDER)}
    new = sheet.table
    return {name: new[name] for name in sorted(new, key=lambda one: rank.get(one, len(rank)))}


class _Sheet:
    """A table that is being changed, and its fields before and after."""

    def __init__(self, table: Table, before: Fields, wanted: Fields) -> None:
        self.table = dict(table)
        self.before, self.wanted = before, wanted

    def differs(self, *names: str) -> bool:
        return any(self.wanted.get(name, "") != self.before.get(name, "") for name in names)

    def put(self, name: str, value: Any) -> None:
        """Set a key; what is empty is not said."""
        if value is None or value in ("", [], {}):
            self.table.pop(name, None)
        else:
            self.table[name] = value

    def drop(self, names: Sequence[str]) -> None:
        for name in names:
            self.table.pop(name, None)


def _emend_kind(sheet: _Sheet) -> None:
    kind = sheet.wanted["kind"]
    is_other = sheet.differs("kind")
    if kind not in KINDS:
        raise FieldError("kind", f"one of {', '.join(KINDS)}")
    if is_other:
        sheet.drop([key for other, keys in KINDS.items() if other != kind for key in keys])
    if kind == HTTP:
        _emend_call(sheet, is_new=is_other)
    elif is_other or sheet.differs(kind):
        text = sheet.wanted[kind]
        sheet.put(kind, _command(text) if kind == COMMAND else text)
    if kind == SQL and (is_other or sheet.differs("database_env")):
        sheet.put("database_env", sheet.wanted["database_env"].strip())


def _emend_call(sheet: _Sheet, *, is_new: bool) -> None:
    call = dict(table_at(sheet.table, HTTP))
    for name in CALL:
        if is_new or sheet.differs(f"{HTTP}.{name}"):
            call[name] = sheet.wanted[f"{HTTP}.{name}"].strip()
    if is_new or call != table_at(sheet.table, HTTP):
        sheet.put(HTTP, {name: value for name, value in call.items() if value != ""})


def _emend_times(sheet: _Sheet, now: datetime, zone: tzinfo) -> None:
    way = sheet.wanted["when"]
    if way not in {HAND, KEPT, CRON, EVERY, AT, DAILY}:
        raise FieldError("when", "say when it is due")
    if way == KEPT or not (sheet.differs("when") or (way != HAND and sheet.differs(way))):
        return
    sheet.drop([key for key in TIMES if key != way])
    text = sheet.wanted.get(way, "")
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    match way:
        case "cron":
            sheet.put(CRON, _one_or_all(lines))
        case "every":
            sheet.put(EVERY, text.strip())
        case "daily":
            sheet.put(CRON, _read(when.daily, DAILY, text.strip()))
        case "at":
            read = [_read(lambda one: when.once(one, now, zone), AT, line) for line in lines]
            sheet.put(AT, _one_or_all(read))
    if not lines and way != HAND:
        raise FieldError(way, "say when, or choose that it has no times of its own")


def _emend_retries(sheet: _Sheet) -> None:
    if not sheet.differs(RETRIES, DELAY, BACKOFF):
        return
    rule = dict(table_at(sheet.table, RETRY))
    said = {"attempts": _number(sheet.wanted[RETRIES]), "delay": sheet.wanted[DELAY].strip()}
    for name, value in (said | {"backoff": sheet.wanted[BACKOFF]}).items():
        if value == "":
            rule.pop(name, None)
        else:
            rule[name] = value
    is_short = rule.keys() == {"attempts"} and RETRY not in sheet.table
    sheet.put(RETRIES, rule["attempts"] if is_short else None)
    sheet.put(RETRY, None if is_short else rule)


def _emend_channels(sheet: _Sheet) -> None:
    boxes = [name for name in sheet.wanted if name.startswith(CHANNEL)]
    if not sheet.differs(NOTIFY, *boxes):
        return
    ticked = [name.removeprefix(CHANNEL) for name in boxes if sheet.wanted[name]]
    if sheet.wanted[NOTIFY] == THESE and ticked:
        sheet.put(NOTIFY, ticked)
    elif sheet.wanted[NOTIFY] in {NOBODY, THESE}:
        sheet.table[NOTIFY] = []  # which says something
    else:
        sheet.put(NOTIFY, None)


def _command(text: str) -> Any:
    """A line for the shell, or the words of a list as TOML writes it."""
    if not text.lstrip().startswith("["):
        return text
    found = values(text.strip())[0]
    is_words = isinstance(found, list) and all(isinstance(word, str) for word in found)
    return found if is_words else text


def _words(text: str) -> list[str]:
    return [word for word in (each.strip() for each in text.split(",")) if word]


def _limit(text: str) -> str | bool:
    return False if text.strip().lower() == NONE else text.strip()


def _number(text: str) -> int | str:
    return int(text) if NUMBER.fullmatch(text.strip()) else text.strip()


def _day(text: str) -> date | None:
    return when.day_or_moment(text.strip()) if text.strip() else None


def _read(read: Callable[[str], Any], field: str, text: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise FieldError(field, str(error)) from error


def _one_or_all(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else [*values]


def _clean(text: str) -> str:
    """As a browser sends it, whatever ends its lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


# Keys whose fields are their texts, and what is made of those.
SIMPLE: Mapping[str, Callable[[str], Any]] = {
    "description": str.strip,
    "timezone": str.strip,
    "start": _day,
    "end": _day,
    "overlap": str.strip,
    "tags": _words,
    "timeout": _limit,
}
