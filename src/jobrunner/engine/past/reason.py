"""Why a job did or did not start at a slot, in sentences."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.engine.past import tell
from jobrunner.engine.past.absence import absence
from jobrunner.engine.past.cause import Cause, advice, cause_of, source_of
from jobrunner.engine.past.evidence import Evidence
from jobrunner.engine.report.spelling import schedule_of
from jobrunner.model.job import Job
from jobrunner.model.run import OMITTED, Run, State, Trigger
from jobrunner.words import listed, short

LOOKED = frozenset({Trigger.SCHEDULE, Trigger.CATCH_UP})
SECOND = timedelta(seconds=1)


class Fact(Struct, frozen=True):
    """Something that happened, and the line of jobs.toml that made it so, if one did."""

    at: datetime
    text: str
    source: str = ""


class Why(Struct, frozen=True, kw_only=True):
    """What became of a slot: a word, a sentence, the facts in order, what to do about it.

    `verdict` is the state of the run; where there is none, why there is none.
    """

    job: str
    scheduled_for: datetime | None
    verdict: str
    run: int | None
    summary: str
    facts: tuple[Fact, ...]
    next_at: datetime | None
    next_by: str
    advice: tuple[str, ...]


def explain(evidence: Evidence) -> Why:
    """What became of the slot, by the ledger; else why the ledger has nothing to tell."""
    row = evidence.row
    if row is None:
        found = absence(evidence)
        advised = (*_aside(evidence), *found.advice)
        return _why(evidence, found.verdict, found.summary, (), advised)
    advised = tuple(_paused(evidence)) + tuple(_aside(evidence)) + tuple(_advice(evidence, row))
    facts = tuple(sorted(_facts(evidence, row), key=lambda fact: fact.at))
    return _why(evidence, str(row.state), _summary(evidence, row), facts, advised)


def _why(
    evidence: Evidence,
    verdict: str,
    summary: str,
    facts: tuple[Fact, ...],
    advised: tuple[str, ...],
) -> Why:
    zone, row = evidence.zone, evidence.row
    next_at = evidence.next_at
    return Why(
        job=evidence.name,
        scheduled_for=evidence.slot.astimezone(zone) if evidence.slot else None,
        verdict=verdict,
        run=row.id if row and row.state not in OMITTED else None,
        summary=summary,
        facts=facts,
        next_at=next_at.astimezone(zone) if next_at else None,
        next_by=_schedule(evidence.job) if evidence.job else "",
        advice=advised,
    )


def _schedule(job: Job) -> str:
    """The schedule as jobs.toml spells it, with the key where that is "cron"."""
    is_cron = bool(job.cron) and not (job.every or job.at or job.schedules)
    return f"{'cron ' if is_cron else ''}{schedule_of(job)}"


# -- what the ledger tells


def _summary(evidence: Evidence, row: Run) -> str:
    name, when = evidence.name, _when(evidence, row)
    match row.state:
        case State.MISSED:
            return f"{name} was missed at {when}: {_why_missed(evidence, row)}."
        case State.SKIPPED:
            return f"{name} did not start at {_which(evidence)}{when}."
        case State.QUEUED:
            return f"{name} is due since {when} (#{row.id}) and waits for {_waits(evidence)}."
        case State.RETRYING:
            tried = f"attempt {row.attempts} did not succeed"
            return f"{name} ran for {when} (#{row.id}): {tried}; it waits for {_waits(evidence)}."
        case State.RUNNING:
            return f"{name} runs for {_which(evidence)}{when}: #{row.id}."
        case _:
            return f"{name} {_ran(row)} {_which(evidence)}{when}: #{row.id} {_ended(row)}."


def _which(evidence: Evidence) -> str:
    is_latest = evidence.asked is None and evidence.slot is not None
    return "the latest slot, " if is_latest else ""


def _when(evidence: Evidence, row: Run) -> str:
    moment = row.created_at if row.scheduled_for is None else evidence.slot
    return tell.day_and_time(moment or row.created_at, evidence.zone, with_zone=True)


def _ran(row: Run) -> str:
    """The verb: a slot that was stopped while it waited did not run."""
    if row.started_at is None:
        return "did not start for"
    return "ran for" if row.scheduled_for is not None else "ran by hand at"


def _ended(row: Run) -> str:
    took = f", {short(row.duration)}" if row.duration is not None else ""
    tries = f", attempt {row.attempts}" if row.attempts > 1 else ""
    return f"{tell.result(row, in_words=False)}{took}{tries}"


def _waits(evidence: Evidence) -> str:
    return _for(evidence.waits)


def _for(waits: tuple[str, ...]) -> str:
    return listed(waits) if waits else "a job that is in no file any more"


def _why_missed(evidence: Evidence, row: Run) -> str:
    if evidence.gap is None or evidence.slot is None:
        return row.reason
    since, until = (
        tell.near(at, evidence.slot, evidence.zone)
        for at in (evidence.gap.since, evidence.gap.until)
    )
    return f"no tick ran from {since} to {until}"


def _facts(evidence: Evidence, row: Run) -> Iterator[Fact]:
    zone = evidence.zone
    if row.trigger in LOOKED and row.state is not State.MISSED and row.scheduled_for:
        slot = evidence.slot or row.scheduled_for
        yield Fact(row.created_at.astimezone(zone), _tick(evidence, row, slot))
    if evidence.claimed:
        yield Fact(evidence.claimed.at.astimezone(zone), f"{evidence.claimed.host} claimed it")
    if row.started_at:
        yield Fact(row.started_at.astimezone(zone), f"started on {row.host or 'this host'}")
    for other in evidence.elsewhere:
        at = other.finished_at or other.started_at or other.created_at
        what = f"{tell.result(other, in_words=False)} (#{other.id})"
        yield Fact(at.astimezone(zone), f"on {other.place}: {what}")
    if row.finished_at and row.state is not State.MISSED:
        yield _end(evidence, row, row.finished_at.astimezone(zone))


def _tick(evidence: Evidence, row: Run, slot: datetime) -> str:
    late = row.created_at - slot
    after = f"{short(late)} after it" if late >= timedelta() else "by a clock that was wrong"
    return f"tick ran (slot {tell.time_of_day(slot, evidence.zone)}, {after})"


def _end(evidence: Evidence, row: Run, at: datetime) -> Fact:
    cause = _cause(evidence, row)
    reason = tell.beyond(row) or row.message or row.error
    told = tell.result(row) if row.state in OMITTED else _ended(row)
    return Fact(at, f"{told}: {reason}" if reason else told, cause.source if cause else "")


def _cause(evidence: Evidence, row: Run) -> Cause | None:
    return cause_of(row.reason, evidence.job, evidence.origin) if evidence.job else None


# -- what to do about it


def _paused(evidence: Evidence) -> Iterator[str]:
    pause = evidence.pause
    if pause is None:
        return
    until = (
        f"until {tell.day_and_time(pause.until, evidence.zone, with_zone=True)}"
        if pause.until
        else "until it is resumed"
    )
    because = f": {pause.reason}" if pause.reason else ""
    yield f"Paused {until} ({pause.by}{because}). To let it go on: jobrunner resume {evidence.name}"


def _aside(evidence: Evidence) -> Iterator[str]:
    for waiting in evidence.aside:
        run = waiting.run
        yield (
            f"#{run.id}, {tell.WORDS.get(run.trigger, run.trigger)}, is {run.state} and waits for"
            f" {_for(waiting.waits)}. To give it up: jobrunner stop {run.id}"
        )


def _advice(evidence: Evidence, row: Run) -> Iterator[str]:
    match row.state:
        case State.MISSED:
            yield from _catching_up(evidence, row)
        case State.SKIPPED:
            cause = _cause(evidence, row)
            if cause and evidence.job and (text := advice(cause, evidence.job)):
                yield text
        case State.QUEUED | State.RETRYING:
            yield f"To give it up: jobrunner stop {row.id}"
        case State.RUNNING:
            yield f"Watch it: jobrunner logs -f {row.id}"
        case State.SUCCESS:
            yield f"What it wrote: jobrunner logs {row.id}"
        case _:
            yield f"What it wrote: jobrunner logs {row.id}   Again: jobrunner retry {row.id}"


def _catching_up(evidence: Evidence, row: Run) -> Iterator[str]:
    job = evidence.job
    if job is None:
        return
    source = source_of("catch_up", job, evidence.origin)
    if job.catch_up == "skip":
        at = tell.near(row.created_at, evidence.slot or row.created_at, evidence.zone)
        yield f'{source}, so nothing ran later. catch_up = "latest" would have run it at {at}.'
    yield f"To run it now: jobrunner run {job.name}"
