"""What a look at the clock came to, in words: a line a slot, and how many of each kind."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct

from jobrunner import __version__
from jobrunner.cli import output
from jobrunner.config.spelling import shown
from jobrunner.engine.past.tell import day_and_time, near
from jobrunner.model.decision import Look, Omit, Start
from jobrunner.model.run import Run
from jobrunner.model.run import State as RunState
from jobrunner.store.value import Mark
from jobrunner.words import short

Marks = Mapping[tuple[str, str], Mark]

MINUTE = timedelta(minutes=1)
COUNTED = {
    "start": "started",
    "late": "started late",
    "retry": "retried",
    "skip": "skipped",
    "miss": "missed",
    "lost": "lost",
    "new": "seen for the first time",
}
REHEARSED = {**COUNTED, "start": "to start", "late": "to start late", "skip": "to skip"}


class Line(Struct, frozen=True):
    """What became of one slot, or of one job."""

    word: str
    job: str
    text: str
    number: str = ""


def decided(look: Look, now: datetime, zone: tzinfo) -> Iterator[Line]:
    """What a look comes to."""
    if look.since is None:
        yield first(look, now, zone)
    for each in look.decisions:
        match each:
            case Start():
                yield _starts(look.job, each.scheduled_for, now, zone)
            case Omit():
                word = "skip" if each.state is RunState.SKIPPED else "miss"
                yield Line(word, look.job, _stretch(each.first, each.count, each.reason, now, zone))


def _starts(job: str, slot: datetime, now: datetime, zone: tzinfo, number: str = "") -> Line:
    if now - slot < MINUTE:
        return Line("start", job, f"slot {near(slot, now, zone)}", number)
    return Line("late", job, f"slot {near(slot, now, zone)}, {short(now - slot)} late", number)


def _stretch(first: datetime, count: int, reason: str, now: datetime, zone: tzinfo) -> str:
    more = f" and {count - 1:,} more" if count > 1 else ""
    return f"slot {near(first, now, zone)}{more}, {reason}"


def first(look: Look, now: datetime, zone: tzinfo) -> Line:
    """That a job, or its schedule, is new."""
    at = f"next slot {near(look.next_at, now, zone)}" if look.next_at else "no slot to come"
    return Line("new", look.job, at)


def became(run: Run, now: datetime, zone: tzinfo) -> Line:
    """What the ledger says became of a slot that has just come due."""
    number, slot = f"#{run.id}", run.scheduled_for or run.slot_of or run.created_at
    if run.state in {RunState.SKIPPED, RunState.MISSED}:
        word = "skip" if run.state is RunState.SKIPPED else "miss"
        return Line(word, run.job, _stretch(slot, run.slots, run.reason, now, zone), number)
    if run.state is RunState.LOST:
        return Line("lost", run.job, run.reason, number)
    if run.attempts > 1 or run.state is RunState.RETRYING:
        return Line("retry", run.job, f"attempt {run.attempts}", number)
    return _starts(run.job, slot, now, zone, number)


def head(path: str, jobs: int, now: datetime, zone: tzinfo) -> None:
    """The line above: who looked at what, and when."""
    slot = now.replace(second=0, microsecond=0)
    after = short(now - slot)
    when = day_and_time(slot, zone, with_zone=True)
    output.say(
        f"jobrunner {__version__}  {shown(path)}  {jobs} jobs  slot {when}, {after} after it"
    )


def show(
    lines: Sequence[Line],
    jobs: Iterable[str],
    marks: Marks | None,
    now: datetime,
    zone: tzinfo,
) -> None:
    """The lines in columns; with `marks`, also the jobs that none is about."""
    shown_ones = [*lines]
    if marks is not None:
        about = {line.job for line in lines}
        shown_ones += [_waits(job, marks, now, zone) for job in jobs if job not in about]
    width = max((len(line.job) for line in shown_ones), default=0)
    longest = max((len(line.number) for line in shown_ones), default=0)
    for line in shown_ones:
        number = f"{line.number:{longest}}  " if longest else ""
        output.say(shown(f"  {line.word:5}  {line.job:{width}}  {number}{line.text}".rstrip()))


def _waits(job: str, marks: Marks, now: datetime, zone: tzinfo) -> Line:
    mark = marks.get((job, ""))
    at = mark.next_at if mark else None
    return Line("wait", job, f"next slot {near(at, now, zone)}" if at else "no slot to come")


def summary(
    lines: Sequence[Line],
    jobs: Sequence[str] | Mapping[str, object],
    end: str,
    words: Mapping[str, str] = COUNTED,
) -> str:
    """How many of each kind, and how many jobs were not due."""
    counts = Counter(line.word for line in lines)
    parts = [f"{counts[word]:,} {said}" for word, said in words.items() if counts[word]]
    rest = len(set(jobs) - {line.job for line in lines})
    parts += [f"{rest:,} not due"] if rest or not parts else []
    return f"{', '.join(parts)}. {end}"
