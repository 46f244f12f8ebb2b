"""A job's table over its file's [defaults] over what is built in, short forms written out."""

import posixpath
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jobrunner.config.finding import Refusal
from jobrunner.config.moment import moment
from jobrunner.config.short import country, texts
from jobrunner.config.zone import LOCAL, zone
from jobrunner.model.value import Moment, Zone

Table = dict[str, Any]
HTTP_FILES = {"url_file", "ca_file"}


class Home(NamedTuple):
    """What values of a file mean something by: its folder, and the host's zone."""

    folder: str
    local: Zone


# Of two layers the upper value, the lower one, and the file's home; None takes the key away.
Step = Callable[[Any, Any, Home], Any]


def layered(base: Mapping[str, Any], own: Mapping[str, Any], home: Home) -> Table:
    """`own` over `base`: tables of settings are merged key by key, all else replaces."""
    table = {**base, **own}
    if SPECIAL.isdisjoint(own):
        return table
    if "retries" in own:
        if "retry" in own:
            raise Refusal("E131", "`retries` is short for `retry.attempts`: give one of the two")
        table["retry"] = {"attempts": table.pop("retries")}
    for key in SPECIAL & table.keys():
        if key in own or (key == "retry" and "retries" in own):
            value = STEPS[key](table[key], base.get(key), home)
            if value is None:
                del table[key]
            else:
                table[key] = value
    return table


def resolved(path: Any, folder: str) -> Any:
    """A path seen from the folder of its file; "~" is left to whoever knows the user."""
    if not isinstance(path, str) or not path or path[0] in "/~":
        return path
    return posixpath.normpath(posixpath.join(folder, path))


def folder_of(origin: str) -> str:
    return posixpath.dirname(origin)


def _path(value: Any, _lower: Any, home: Home) -> Any:
    return resolved(value, home.folder)


def _env_files(value: Any, _lower: Any, home: Home) -> Any:
    if isinstance(value, list):
        return [_env_file(one, home.folder) for one in value]
    return _env_file(value, home.folder)


def _env_file(value: Any, folder: str) -> Any:
    if isinstance(value, str) and value.startswith("?"):
        return "?" + str(resolved(value[1:], folder))
    return resolved(value, folder)


def _merged(value: Any, lower: Any, _home: Home) -> Any:
    if isinstance(value, dict) and isinstance(lower, dict):
        return {**lower, **value}
    return value


def _breaker(value: Any, lower: Any, home: Home) -> Any:
    return None if value is False else _merged(value, lower, home)


def _env(value: Any, lower: Any, home: Home) -> Any:
    return _merged(texts(value), lower, home)


def _expect(value: Any, lower: Any, home: Home) -> Any:
    if isinstance(value, dict) and "file" in value:
        value = {**value, "file": resolved(value["file"], home.folder)}
    return _merged(value, lower, home)


def _http(value: Any, lower: Any, home: Home) -> Any:
    if isinstance(value, dict):
        files = {key: resolved(value[key], home.folder) for key in HTTP_FILES & value.keys()}
        value = {**value, **files}
    return _merged(value, lower, home)


def _calendar(value: Any, _lower: Any, home: Home) -> Any:
    if isinstance(value, str):
        return country(value)
    if not isinstance(value, dict):
        return value
    if "days" in value:
        raise Refusal("E101", 'unknown key "days"')
    files = {key: resolved(value[key], home.folder) for key in {"ics", "file"} & value.keys()}
    return {**value, **files}


def _threshold(value: Any, _lower: Any, _home: Home) -> Any:
    return {"failures": value} if isinstance(value, int) else value


def _off(value: Any, _lower: Any, _home: Home) -> Any:
    return None if value is False else value


def _zone(value: Any, _lower: Any, home: Home) -> Any:
    if value == LOCAL:
        return home.local
    return zone(value) if isinstance(value, str) else value


def _moment(value: Any, _lower: Any, _home: Home) -> Moment:
    return moment(value)


def _schedules(value: Any, _lower: Any, home: Home) -> Any:
    if not isinstance(value, list):
        return value
    return [_timing(one, home) if isinstance(one, dict) else one for one in value]


def _timing(value: Table, home: Home) -> Table:
    timing = {**value}
    if "env" in value:
        timing["env"] = texts(value["env"])
    if "timezone" in value:
        timing["timezone"] = _zone(value["timezone"], None, home)
    return timing


STEPS: Mapping[str, Step] = {
    "retry": _merged,
    "breaker": _breaker,
    "limits": _merged,
    "env": _env,
    "expect": _expect,
    "http": _http,
    "calendar": _calendar,
    "notify_after": _threshold,
    "timeout": _off,
    "slow_after": _off,
    "queue_timeout": _off,
    "notify_every": _off,
    "timezone": _zone,
    "start": _moment,
    "end": _moment,
    "schedules": _schedules,
    "cwd": _path,
    "interpreter": _path,
    "sql_file": _path,
    "database_file": _path,
    "ping_file": _path,
    "env_file": _env_files,
}
SPECIAL = STEPS.keys() | {"retries"}
