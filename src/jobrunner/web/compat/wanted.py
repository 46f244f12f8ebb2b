"""What users of other schedulers send to add and change jobs, as keys of jobs.toml."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct

from jobrunner.config.quantity import spelt
from jobrunner.web.problem import RefusedError, invalid

Table = dict[str, Any]
Text = Annotated[str, Meta(max_length=2000)]
Amount = Annotated[int, Meta(ge=1, le=100_000)]
Length = Annotated[float, Meta(gt=0, le=100_000)]
Hour = Annotated[int, Meta(ge=0, le=23)]
Minute = Annotated[int, Meta(ge=0, le=59)]
Times = Annotated[int, Meta(ge=0, le=1000)]
Seconds = Annotated[int, Meta(ge=0, le=31_536_000)]

RETRIES, DELAY = 3, 300
DEEPEST = 16
UNITS = ("weeks", "days", "hours", "minutes")
# The keys that say when a job is due, and how that begins.
TIMES = ("cron", "every", "at", "schedules", "after", "every_from", "initial_delay")
DATES = ("start", "end")


class JobWords(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A job: daily at `hour` and `minute`, or every so many weeks, days, hours or minutes.

    Dates are `2026-11-01` or `2026-11-01T15:00`, times of `timezone`.  Delays are in seconds.
    """

    name: Text = ""
    description: Text = ""
    enabled: bool | None = None
    hour: Hour | None = None
    minute: Minute | None = None
    weeks: Amount | None = None
    days: Amount | None = None
    hours: Amount | None = None
    minutes: Amount | None = None
    start_date: Text = ""
    end_date: Text = ""
    timezone: Text = ""
    callback_url: Text = ""
    payload: Any = None
    max_retries: Times | None = None
    retry_delay: Seconds | None = None


def is_timed(words: JobWords) -> bool:
    """Whether they say when."""
    return words.hour is not None or any(getattr(words, unit) for unit in UNITS)


def described(words: JobWords) -> str:
    """What the job is called, by people."""
    return words.description or words.name


def timing(words: JobWords) -> Table:
    """When it is due: exactly one way has to be said."""
    lengths = [unit for unit in UNITS if getattr(words, unit) is not None]
    ways = [*(["hour"] if words.hour is not None else []), *lengths]
    if len(ways) != 1:
        said = " and ".join(ways) or "nothing"
        raise wrong("", f"Say `hour` and `minute`, or one of {', '.join(UNITS)}; it says {said}.")
    if words.hour is not None:
        return daily(words.hour, words.minute or 0)
    if words.minute is not None:
        raise wrong("minute", "It goes with `hour`; `minutes` is an interval.")
    return {"every": spelt(timedelta(**{lengths[0]: getattr(words, lengths[0])}))}


def daily(hour: int, minute: int) -> Table:
    return {"cron": f"{minute} {hour} * * *"}


def interval(hours: float | None, minutes: float | None) -> Table:
    """Every so many hours or minutes: one of them."""
    if (hours is None) == (minutes is None):
        raise wrong("", "Say how long the interval is, in `hours` or in `minutes`.")
    length = timedelta(hours=hours or 0, minutes=minutes or 0)
    if length < timedelta(seconds=1):
        raise wrong("", "An interval of less than a second is none.")
    return {"every": spelt(timedelta(seconds=round(length.total_seconds())))}


def timed(before: Mapping[str, Any], timing: Mapping[str, Any]) -> Table:
    """The keys of a job that is due at these times in the place of others."""
    return {key: value for key, value in before.items() if key not in TIMES} | dict(timing)


def dates(words: JobWords) -> Table:
    """When it begins and ends, and in which zone."""
    return dict(_dates(words))


def retries(words: JobWords, before: Mapping[str, Any], *, always: bool) -> Table:
    """The retries that they ask for, in the place of those before; none if they say nothing."""
    if not always and words.max_retries is None and words.retry_delay is None:
        return {}
    return {"retry": {**before, **constant(words.max_retries, words.retry_delay)}}


def constant(attempts: int | None, delay: int | None) -> Table:
    """So many retries that do not grow further apart; where nothing is said, as there."""
    return {
        "attempts": RETRIES if attempts is None else attempts,
        "delay": spelt(timedelta(seconds=DELAY if delay is None else delay)),
        "backoff": "constant",
        "jitter": False,
    }


def calls(words: JobWords, before: Mapping[str, Any]) -> Table:
    """The call of a URL with a payload, in the place of the one before."""
    if not words.callback_url and words.payload is None:
        return {}
    call = dict(before)
    if words.callback_url:
        call["url"] = words.callback_url
    if words.payload is not None or not before:
        call["json"] = {} if words.payload is None else _whole(words.payload)
    return {"http": call}


def wrong(field: str, told: str) -> RefusedError:
    """Of what was sent."""
    return invalid(f"/{field}", told)


def _dates(words: JobWords) -> Iterator[tuple[str, Any]]:
    for key, field in (("start", "start_date"), ("end", "end_date")):
        if text := getattr(words, field):
            yield key, _date(field, text)
    if words.timezone:
        yield "timezone", words.timezone


def _date(field: str, text: str) -> date:
    for kind in (date, datetime):
        try:
            return kind.fromisoformat(text)
        except ValueError:
            continue
    raise wrong(field, f"{text[:60]!r} is no date; write 2026-11-01 or 2026-11-01T15:00.")


def _whole(value: Any, depth: int = 0) -> Any:
    """The payload, if jobs.toml can hold it: it has no null."""
    if value is None:
        raise wrong("payload", "jobs.toml has no null; leave that key out.")
    if depth > DEEPEST:
        raise wrong("payload", "It is nested too deeply.")
    if isinstance(value, dict):
        return {key: _whole(each, depth + 1) for key, each in value.items()}
    return [_whole(each, depth + 1) for each in value] if isinstance(value, list) else value
