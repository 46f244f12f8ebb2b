"""A job as a form has it: a text for each field."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from jobrunner.config.edit.literal import one_line, plain

Table = Mapping[str, Any]
Fields = Mapping[str, str]

YES = "yes"
COMMAND, HTTP, PYTHON, SQL = "command", "http", "python", "sql"
# What a job is, and the keys that are of no use to one of another kind.
KINDS: Mapping[str, tuple[str, ...]] = {
    COMMAND: (COMMAND,),
    HTTP: (HTTP,),
    PYTHON: (PYTHON, "args", "interpreter"),
    SQL: (SQL, "sql_file", "sql_params", "sql_autocommit", "sql_rows"),
}
CRON, EVERY, AT, DAILY = "cron", "every", "at", "daily"
# When it is due: by none of these, by several of them, or by one.
HAND, KEPT = "hand", "kept"
TIMES = (CRON, EVERY, AT, "schedules")
RETRY, RETRIES, DELAY, BACKOFF = "retry", "retries", "retry.delay", "retry.backoff"
NOTIFY, NOBODY, THESE = "notify", "none", "these"
CHANNEL = "notify."  # before the names of channels among the fields
NONE = "none"  # turns a default off
NEW: Fields = {"enabled": YES, "kind": COMMAND, "when": CRON}
KEYS_OF = {kind: frozenset(keys) for kind, keys in KINDS.items()}
CALL = ("url", "method", "body")
# Fields that are the text of their keys.
SAME = ("description", "timezone", "start", "end", "overlap", "database_env", PYTHON, SQL, EVERY)


def filled(table: Table) -> dict[str, str]:
    """The fields of a job: what its table does not say is empty."""
    http = table_at(table, HTTP)
    return {
        **{name: _text(table.get(name)) for name in SAME},
        "tags": ", ".join(map(str, listed(table.get("tags")))),
        "enabled": "" if table.get("enabled") is False else YES,
        "timeout": NONE if table.get("timeout") is False else _text(table.get("timeout")),
        "kind": next((kind for kind in KINDS if not KEYS_OF[kind].isdisjoint(table)), COMMAND),
        COMMAND: _text(table.get(COMMAND)),
        **{f"{HTTP}.{name}": _text(http.get(name)) for name in CALL},
        "when": _when(table),
        CRON: "\n".join(map(_text, listed(table.get(CRON)))),
        AT: "\n".join(map(_text, listed(table.get(AT)))),
        DAILY: "",
        **_retries(table),
        **_channels(table),
    }


def _when(table: Table) -> str:
    ways = [name for name in TIMES if name in table]
    if not ways:
        return HAND
    return ways[0] if len(ways) == 1 and ways[0] != "schedules" else KEPT


def _retries(table: Table) -> dict[str, str]:
    rule = table_at(table, RETRY)
    attempts = table.get(RETRIES, rule.get("attempts"))
    return {
        RETRIES: _text(attempts),
        DELAY: _text(rule.get("delay")),
        BACKOFF: _text(rule.get("backoff")),
    }


def _channels(table: Table) -> dict[str, str]:
    if NOTIFY not in table:
        return {NOTIFY: ""}
    named = listed(table[NOTIFY])
    return {NOTIFY: THESE if named else NOBODY} | {f"{CHANNEL}{name}": YES for name in named}


def listed(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else [value]


def table_at(table: Table, name: str) -> Table:
    found = table.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case datetime() if not value.second and not value.microsecond and not value.tzinfo:
            return f"{value:%Y-%m-%d %H:%M}"
        case date():
            return str(value)
    return one_line(plain(value))
