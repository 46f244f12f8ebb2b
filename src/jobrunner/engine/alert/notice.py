"""What happened, as it is kept for a channel until it is sent: facts, not yet sentences."""

from datetime import datetime, tzinfo

from msgspec import Struct, json
from msgspec.structs import replace

from jobrunner.model.job import Job
from jobrunner.model.run import Outcome, Run

REASON = 2000  # characters


class Notice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event.  Instants are RFC 3339 in the job's zone, durations seconds.

    `host` is where it was, if that may be another one than who tells of it.
    """

    event: str
    at: str
    host: str = ""
    job: str = ""
    run_id: int | None = None
    attempt: int | None = None
    max_attempts: int | None = None
    status: str = ""
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    signal: int | None = None
    trigger: str = ""
    scheduled_for: str = ""
    slots: int | None = None
    slots_until: str = ""
    started_at: str = ""
    finished_at: str = ""
    next_attempt_at: str = ""
    duration_seconds: float | None = None
    usual_seconds: float | None = None
    limit_seconds: float | None = None
    consecutive_failures: int | None = None
    failing_since: str = ""
    broken_for_seconds: float | None = None
    is_reminder: bool = False
    breaker: str = ""
    missed: int | None = None
    caught_up: int | None = None
    description: str = ""
    docs: str = ""
    has_output: bool = False


def encode(notice: Notice) -> str:
    return json.encode(notice).decode()


def decode(text: str) -> Notice:
    """The notice that was kept; one that cannot be read is told as what it is."""
    return json.decode(text, type=Notice)


def of_run(run: Run, job: Job, now: datetime, zone: tzinfo) -> Notice:
    """What is known of a run, whatever happened to it."""
    return Notice(
        event="",
        at=when(now, zone),
        host=run.host,
        job=run.job,
        run_id=run.id or None,
        status=str(run.state),
        reason=run.reason[:REASON],
        trigger=str(run.trigger),
        scheduled_for=when(run.scheduled_for or run.slot_of, zone),
        slots=run.slots if run.slots > 1 else None,
        slots_until=when(run.slots_until, zone),
        description=job.description,
        docs=job.docs,
    )


def of_attempt(run: Run, job: Job, outcome: Outcome, zone: tzinfo) -> Notice:
    """What is known of a run whose attempt ended."""
    duration = outcome.duration
    known = of_run(run, job, outcome.finished_at, zone)
    return replace(
        known,
        attempt=run.attempts,
        max_attempts=job.retry.attempts + 1,
        status=str(outcome.state),
        reason=outcome.reason[:REASON],
        message=outcome.message[:REASON],
        exit_code=outcome.exit_code,
        signal=outcome.signal,
        started_at=when(run.started_at, zone),
        finished_at=when(outcome.finished_at, zone),
        next_attempt_at=when(run.next_attempt_at, zone),
        duration_seconds=None if duration is None else round(duration.total_seconds(), 3),
        has_output=bool(outcome.output_size),
    )


def of_host(event: str, now: datetime, zone: tzinfo, host: str = "") -> Notice:
    return Notice(event=event, at=when(now, zone), host=host)


def when(moment: datetime | None, zone: tzinfo) -> str:
    return "" if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")
