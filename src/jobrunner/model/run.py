"""What became of a slot: states, runs and attempts as the ledger tells them."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCESS = "success"
    FAILED = "failed"
    TIMEOUT = "timeout"
    STOPPED = "stopped"
    LOST = "lost"
    SKIPPED = "skipped"
    MISSED = "missed"

    @property
    def is_live(self) -> bool:
        """Whether something is still to come."""
        return self in LIVE


LIVE = frozenset({State.QUEUED, State.RUNNING, State.RETRYING})
FAILURES = (State.FAILED, State.TIMEOUT, State.LOST)
OMITTED = (State.SKIPPED, State.MISSED)  # without an attempt


class Trigger(StrEnum):
    """What asked for a run."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
    API = "api"
    RETRY = "retry"
    CATCH_UP = "catch_up"
    AFTER = "after"
    BACKFILL = "backfill"


class Measured(Struct, frozen=True, kw_only=True):
    """What an attempt's process told: how it exited, what it used, what it printed."""

    exit_code: int | None = None
    signal: int | None = None
    duration: timedelta | None = None
    cpu: timedelta | None = None
    max_rss: int | None = None
    message: str = ""
    result: str = ""
    error: str = ""
    output: str = ""
    output_size: int | None = None
    output_cut: int | None = None


class Run(Measured, frozen=True, kw_only=True):
    """One row of the ledger.

    A run that holds a slot has `scheduled_for`; one by hand has none and may name in `slot_of` the
    slot whose dates it sees.  A row that stands for a stretch of skipped or missed slots has the
    last of them in `slots_until` and their number in `slots`.  What it measured is its last
    attempt's; `started_at` is its first's.
    """

    id: int
    job: str
    scheduled_for: datetime | None
    slot_of: datetime | None = None
    slots_until: datetime | None = None
    slots: int = 1
    place: str = ""
    trigger: Trigger
    state: State
    reason: str = ""
    params: str = ""
    asked_by: str = ""
    host: str = ""
    owner: str = ""
    definition: str = ""
    created_at: datetime
    attempts: int = 0
    next_attempt_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def follows(self) -> int | None:
        """The run that this one follows: in a chain, who asks for a run is the run before it."""
        _, _, number = self.asked_by.rpartition("#")
        is_chained = self.trigger is Trigger.AFTER and number.isdecimal()
        return int(number) if is_chained else None


class Attempt(Measured, frozen=True, kw_only=True):
    """One try of a run."""

    run: int
    number: int
    state: State
    reason: str = ""
    host: str = ""
    owner: str
    definition: str = ""
    started_at: datetime
    finished_at: datetime | None = None


class Outcome(Measured, frozen=True, kw_only=True):
    """How one attempt ended: what its process told, and what that means."""

    state: State
    finished_at: datetime
    reason: str = ""
