"""Traces: whether anybody collects them, and what is told of a run that is over."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from jobrunner import __version__
from jobrunner.kinds.trace import span_id, trace_id
from jobrunner.kinds.uuid import run_uuid
from jobrunner.model.letter import TRACES, Letter
from jobrunner.model.run import Attempt, Run, State
from jobrunner.notify.span import Span
from jobrunner.notify.trace import NEEDED, can_export, export
from jobrunner.store.base import Store

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SPOKEN = "http/protobuf"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DELAY = timedelta(seconds=5)  # as exporters of applications have it
DIGITS = 5  # of milliseconds
# A collector that is away for longer does not get what waited for it.
DELAYS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=8))

Value = str | int | float


class Tracing(Struct, frozen=True):
    """Whether runs are told to a collector; `complaint` is why they are not, though asked for.

    Runs that end within `delay` of the first are told together.
    """

    is_on: bool
    complaint: str = ""
    delay: timedelta = DELAY


def tracing(environ: Mapping[str, str]) -> Tracing:
    """What OpenTelemetry's variables say: without an address of a collector there is none."""
    address = _first(ENDPOINTS, environ)
    if not address or _is_off(environ):
        return Tracing(is_on=False)
    if not address.startswith(("http://", "https://")):
        return Tracing(
            False, "no traces: the collector's address has no http:// or https:// before it"
        )
    spoken = _first(PROTOCOLS, environ) or SPOKEN
    if spoken != SPOKEN:
        return Tracing(False, f"no traces: {spoken} is asked for, and only {SPOKEN} is spoken")
    return Tracing(True, delay=_delay(environ)) if can_export() else Tracing(False, NEEDED)


def _delay(environ: Mapping[str, str]) -> timedelta:
    told = environ.get("OTEL_BSP_SCHEDULE_DELAY", "").strip()
    is_number = told.isascii() and told.isdigit() and len(told) <= DIGITS
    return timedelta(milliseconds=int(told)) if is_number else DELAY


def _is_off(environ: Mapping[str, str]) -> bool:
    exporters = environ.get("OTEL_TRACES_EXPORTER", "otlp").split(",")
    is_disabled = environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return is_disabled or "otlp" not in {each.strip() for each in exporters}


def _first(names: Iterable[str], environ: Mapping[str, str]) -> str:
    return next(filter(None, (environ.get(name, "").strip() for name in names)), "")


def letter_of(run: Run, at: datetime) -> Letter:
    """Word that a run is over: all else is in the ledger."""
    return Letter(channel=TRACES, event="end", job=run.job, run=run.id, text="{}", created_at=at)


def again_at(tries: int, now: datetime) -> datetime | None:
    """When to try again what was not taken so many times; None to give it up."""
    return now + DELAYS[tries - 1] if tries <= len(DELAYS) else None


def tell(letters: Iterable[Letter], store: Store, *, ledger: str, host: str) -> None:
    """Tell the collector of the runs that these letters are of; NotifyError if it does not hear."""
    spans = [*_spans(letters, store, ledger)]
    if spans:
        export(spans, {"service.version": __version__, "host.name": host})


def _spans(letters: Iterable[Letter], store: Store, ledger: str) -> Iterator[Span]:
    """A span for each run, its attempts within."""
    for letter in letters:
        run = store.run(letter.run or 0)
        if run is not None:  # else it is pruned by now
            yield _span(run, store.attempts(run.id), _before(run, store), ledger)


def _before(run: Run, store: Store) -> Run | None:
    """The run that this one follows in a chain."""
    return None if run.follows is None else store.run(run.follows)


def _span(run: Run, attempts: Iterable[Attempt], before: Run | None, ledger: str) -> Span:
    uuid = run_uuid(run.created_at, ledger, run.id)
    children = tuple(_child(attempt, run, uuid) for attempt in attempts)
    start = min([_nanos(run.created_at), *(child.start for child in children)])
    end = _nanos(run.finished_at or run.created_at)
    linked = before and run_uuid(before.created_at, ledger, before.id)
    return Span(
        name=run.job,
        trace_id=trace_id(uuid),
        span_id=span_id(uuid),
        start=start,
        end=max([start, end, *(child.end for child in children)]),
        attributes=_about(run, run) | {"jobrunner.attempts": run.attempts},
        failure=_failure(run),
        links=((trace_id(linked), span_id(linked)),) if linked else (),
        children=children,
    )


def _child(attempt: Attempt, run: Run, uuid: str) -> Span:
    start = _nanos(attempt.started_at)
    return Span(
        name=f"{run.job} attempt",
        trace_id=trace_id(uuid),
        span_id=span_id(uuid, attempt.number),
        start=start,
        end=max(start, _nanos(attempt.finished_at or attempt.started_at)),
        attributes=_about(run, attempt) | {"jobrunner.attempt": attempt.number},
        failure=_failure(attempt),
    )


def _about(run: Run, what: Run | Attempt) -> dict[str, Value]:
    """What is known of a run, and of how it or an attempt of it went."""
    slot = run.scheduled_for or run.slot_of
    found: dict[str, Value | None] = {
        "jobrunner.job": run.job,
        "jobrunner.run_id": run.id,
        "jobrunner.trigger": str(run.trigger),
        "jobrunner.scheduled_for": slot.isoformat() if slot else None,
        "jobrunner.state": str(what.state),
        "jobrunner.reason": what.reason or None,
        "jobrunner.host": what.host,
        "jobrunner.exit_code": what.exit_code,
        "jobrunner.signal": what.signal,
        "jobrunner.cpu_seconds": None if what.cpu is None else what.cpu.total_seconds(),
        "jobrunner.max_rss_bytes": what.max_rss,
    }
    return {name: value for name, value in found.items() if value is not None}


def _failure(what: Run | Attempt) -> str:
    return "" if what.state is State.SUCCESS else what.reason or str(what.state)


def _nanos(moment: datetime) -> int:
    return (moment - BEGINNING) // MICROSECOND * 1000
