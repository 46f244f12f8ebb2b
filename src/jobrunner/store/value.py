"""What the ledger is told and tells besides runs: marks, requests, pauses, breakers, figures."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from jobrunner.model.breaker import Breaker
from jobrunner.model.decision import Look, Route
from jobrunner.model.letter import Heed, Letter
from jobrunner.model.pause import Pause
from jobrunner.model.run import Outcome, Run, State, Trigger

EVERY_JOB = "*"
# What whoever asks for a run wants instead of the job's own, which '' leaves as it is.
Overlap = Literal["", "skip", "queue", "allow", "replace"]
# What is told of a look that counted, and of the rows that it wrote.
Report = Callable[[Look, Sequence[Run]], Sequence[Letter]]
# What successes took: a UTC day, counted from 1970, and microseconds.  Many are told at once, so
# that they are bare numbers.
Took = tuple[int, int]
# How the slots of a job ended on one UTC day, counted from 1970: day, job, state, slots.
# Of which jobs figures are asked: of one, of some, of all.
Subjects = str | Collection[str] | None
DayTally = tuple[int, str, State, int]
# When slots of a job ended, in microseconds since 1970, and how: at, job, state, slots.
EndedAt = tuple[int, str, State, int]
# The classes of durations, each by the longest in it, in seconds; the last takes what is longer.
BOUNDS = (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 21600, 2**31 - 1)
ENDS = frozenset({State.SUCCESS, State.FAILED, State.TIMEOUT, State.STOPPED, State.LOST})


class Mark(Struct, frozen=True, kw_only=True):
    """How far a job has been looked at, and when it is due next."""

    job: str
    place: str = ""
    looked_at: datetime
    next_at: datetime | None
    schedule: str
    first_seen_at: datetime


class Health(Struct, frozen=True, kw_only=True):
    """What a job's last runs and its operators left: failures in a row, a pause."""

    failures: int = 0
    failing_since: datetime | None = None
    pause: Pause | None = None


class NewRun(Struct, frozen=True, kw_only=True):
    """A run that no look at the clock asked for: by hand, over the API, after another job.

    It is its owner's; with a `route`, whichever host on it takes it has it.
    """

    job: str
    trigger: Trigger
    scheduled_for: datetime | None = None
    slot_of: datetime | None = None
    place: str = ""
    params: str = ""
    asked_by: str = ""
    definition: str = ""
    not_before: datetime | None = None
    request: int | None = None
    route: Route | None = None
    overlap: Overlap = ""


class Launch(Struct, frozen=True, kw_only=True):
    """A run whose next attempt is about to start, with the definition it is started from."""

    run: int
    definition: str = ""
    output: str = ""


class Turn(Struct, frozen=True):
    """How the end of an attempt moves a breaker: decided by where it stands then."""

    breaker: str
    decide: Callable[[Breaker], tuple[Breaker, Sequence[Letter]]]


class Ending(Struct, frozen=True, kw_only=True):
    """How an attempt of a run ended; with `retry_at` the run goes on with another one then.

    In the transaction that records it, `heed` decides what is told of it, and `turn` where its
    breaker stands by then: an end that is told again counts once.
    """

    run: int
    attempt: int
    outcome: Outcome
    retry_at: datetime | None = None
    heed: Heed | None = None
    turn: Turn | None = None

    def __post_init__(self) -> None:
        # Seen here, it spoils one ending; seen by the database, all that are written with it.
        if self.outcome.state not in ENDS:
            raise ValueError(f"run {self.run}: no attempt ends as {self.outcome.state}")
        if self.outcome.exit_code is not None and self.outcome.signal is not None:
            raise ValueError(f"run {self.run}: both an exit code and a signal")


class Streak(Struct, frozen=True):
    """A job's failures in a row before and after a run ended: 2 and 3, or 3 and 0."""

    before: int
    after: int


class Request(Struct, frozen=True, kw_only=True):
    """What somebody asked for; `done` and `answer` say what became of it."""

    id: int = 0
    kind: Literal["run", "stop", "retry", "pause", "resume"]
    job: str = ""
    run: int | None = None
    host: str = ""
    arguments: str = ""
    asked_by: str
    asked_at: datetime
    taken_by: str = ""
    taken_at: datetime | None = None
    answered_at: datetime | None = None
    done: bool | None = None
    answer: str = ""


class Gap(Struct, frozen=True):
    """A stretch without ticks, between the tick before and the tick after."""

    since: datetime
    until: datetime


class RunFilter(Struct, frozen=True, kw_only=True):
    """Which runs to tell, newest first; `before` is the last one of the page before.

    They are of one `job`, or of any of some `jobs`.
    """

    job: str | None = None
    jobs: tuple[str, ...] | None = None
    states: tuple[State, ...] = ()
    trigger: Trigger | None = None
    host: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 50


class Statistics(Struct, frozen=True, kw_only=True):
    """How the slots and runs of a job ended, over whole UTC days.

    Durations are of successful runs.  The mean and the longest are exact; the percentiles are of
    the seven-day stretches that the days fall into, and right to a twentieth.
    """

    job: str
    slots: Mapping[State, int]
    mean: timedelta | None
    p50: timedelta | None
    p95: timedelta | None
    longest: timedelta | None
    cpu: timedelta


class Totals(Struct, frozen=True, kw_only=True):
    """How the slots of a job ended, and how many attempts that took, since the ledger began.

    `took` counts successes by the class of their duration, `duration` is the sum of those; what a
    ledger knew before it counted them is in neither.
    """

    slots: Mapping[State, int]
    attempts: int
    took: Mapping[int, int]
    duration: timedelta


class Keep(Struct, frozen=True):
    """How much history of a job stays: so many runs, so long; failures twice of both."""

    runs: int
    age: timedelta


class Retention(Struct, frozen=True, kw_only=True):
    """What stays of every job, and of those that have a rule of their own.

    `output` is how long stays what is kept for other hosts of what attempts have written.
    """

    usual: Keep
    jobs: Mapping[str, Keep] = {}
    output: timedelta = timedelta(days=30)

    def of(self, job: str) -> Keep:
        return self.jobs.get(job, self.usual)


class Pruned(Struct, frozen=True, kw_only=True):
    """Progress of a clean-up: runs looked at, of how many, rows removed, outputs left ownerless."""

    seen: int
    of: int
    removed: int
    outputs: tuple[str, ...] = ()


class Parcel(Struct, frozen=True):
    """Letters that are sent as one message, oldest first; the last one's number is its own."""

    number: int
    letters: tuple[Letter, ...]

    @property
    def tries(self) -> int:
        return self.letters[-1].tries


class Posted(Struct, frozen=True):
    """A letter, and what became of it; `error` is what went wrong last."""

    letter: Letter
    state: Literal["waiting", "sent", "failed"]
    finished_at: datetime | None
    error: str


class LetterFilter(Struct, frozen=True, kw_only=True):
    """Which letters to tell, newest first; `before` is the last one of the page before."""

    channel: str | None = None
    state: Literal["waiting", "sent", "failed"] | None = None
    before: int | None = None
    limit: int = 50


class GivenUp(Struct, frozen=True):
    """Letters of a channel that did not arrive, and what was wrong with the last of them."""

    letters: int
    last_error: str
    last_at: datetime


class ChannelFigures(Struct, frozen=True, kw_only=True):
    """How it stands with the letters of a channel; `error` is what went wrong last."""

    waiting: int = 0
    next_at: datetime | None = None
    tries: int = 0
    sent: int = 0
    failed: int = 0
    last_sent_at: datetime | None = None
    error: str = ""


class Brief(Struct, frozen=True):
    """A run in brief; without a duration it has not ended, or never began."""

    run: int
    state: State
    seconds: float | None


class Gist(Struct, frozen=True):
    """What a run leaves for figures: when it began, what its last attempt took, what it told."""

    started_at: datetime | None
    duration: timedelta | None
    result: str


class Stretch(Struct, frozen=True):
    """What one run took up of the time, or several that ended alike; `run` is the last of them."""

    state: State
    since: datetime
    until: datetime
    runs: int
    run: int


class Usual(Struct, frozen=True):
    """What a job's successes take, right to a twentieth."""

    p50: timedelta
    p95: timedelta


class Missed(Struct, frozen=True):
    """How many slots of a job were missed, and the first and the last of them."""

    slots: int
    first: datetime
    last: datetime
