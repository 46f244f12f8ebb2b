"""What is said at once, and which run it is about: as text, as JSON, as fields of the journal."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from msgspec import DecodeError, Struct, ValidationError, json

from jobrunner.model.run import Run

Level = Literal["debug", "info", "warning", "error"]
Form = Literal["text", "json"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")
PRIORITIES: Mapping[Level, int] = {"debug": 7, "info": 6, "warning": 4, "error": 3}
MILLISECOND = timedelta(milliseconds=1)
TEXT = "%Y-%m-%dT%H:%M:%SZ"
PROGRAM = "jobrunner"


class About(Struct, frozen=True, kw_only=True):
    """What happened, and to which run, as far as there is one."""

    event: str = ""
    job: str = ""
    run: int | None = None
    attempt: int | None = None
    took: timedelta | None = None


class Record(Struct, frozen=True, kw_only=True):
    """What is written down at once."""

    at: datetime
    level: Level
    text: str
    logger: str = PROGRAM
    about: About = About()


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record as an object: what does not apply is left out."""

    timestamp: datetime
    level: Level
    logger: str
    message: str
    event: str = ""
    job_id: str = ""
    run: int | None = None
    attempt: int | None = None
    execution_time_ms: int | None = None


def of_run(event: str, run: Run, took: timedelta | None = None) -> About:
    """About a run, and its last attempt if there was one."""
    return About(event=event, job=run.job, run=run.id, attempt=run.attempts or None, took=took)


def as_text(record: Record) -> str:
    """A line for people."""
    return f"{record.at:{TEXT}} {record.level} {record.text}\n"


def as_json(record: Record) -> str:
    """A line that is an object."""
    about = record.about
    line = Line(
        timestamp=record.at,
        level=record.level,
        logger=record.logger,
        message=record.text,
        event=about.event,
        job_id=about.job,
        run=about.run,
        attempt=about.attempt,
        execution_time_ms=_milliseconds(about),
    )
    return json.encode(line).decode() + "\n"


def as_fields(record: Record) -> bytes:
    """A message in the native protocol of systemd's journal."""
    return b"".join(map(_field, *zip(*_fields(record), strict=True)))


def parsed(line: str) -> Record | None:
    """The record of a line of either form; None if it is none."""
    if line.startswith("{"):
        try:
            found = json.decode(line, type=Line)
        except (DecodeError, ValidationError, RecursionError):
            return None
        return Record(at=found.timestamp, level=found.level, text=found.message)
    at, _, rest = line.partition(" ")
    level, _, text = rest.partition(" ")
    try:
        moment = datetime.strptime(at, TEXT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return next((Record(at=moment, level=one, text=text) for one in LEVELS if one == level), None)


def _fields(record: Record) -> Iterator[tuple[str, Any]]:
    about = record.about
    yield "MESSAGE", record.text
    yield "PRIORITY", PRIORITIES[record.level]
    yield "SYSLOG_IDENTIFIER", PROGRAM
    known = {
        "EVENT": about.event or None,
        "JOB": about.job or None,
        "RUN": about.run,
        "ATTEMPT": about.attempt,
        "EXECUTION_TIME_MS": _milliseconds(about),
    }
    for name, value in known.items():
        if value is not None:
            yield f"JOBRUNNER_{name}", value


def _field(name: str, value: Any) -> bytes:
    """One field; a value of several lines comes after its length."""
    content = str(value).encode("utf-8", "replace")
    if b"\n" not in content:
        return b"%s=%s\n" % (name.encode(), content)
    return b"%s\n%s%s\n" % (name.encode(), len(content).to_bytes(8, "little"), content)


def _milliseconds(about: About) -> int | None:
    return None if about.took is None else round(about.took / MILLISECOND)
