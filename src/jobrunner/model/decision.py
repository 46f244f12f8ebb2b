"""What a look at the clock decides about the slots of one job, with the reason for each."""

from datetime import datetime

from msgspec import Struct

from jobrunner.model.run import State, Trigger


class Start(Struct, frozen=True):
    """This slot is to run."""

    scheduled_for: datetime
    trigger: Trigger = Trigger.SCHEDULE


class Omit(Struct, frozen=True, kw_only=True):
    """These slots, from `first` to `last`, do not run: one row for the whole stretch."""

    state: State
    first: datetime
    last: datetime
    count: int
    reason: str


Decision = Start | Omit


class Route(Struct, frozen=True):
    """How a run comes to a host: which ones may take it ('' is any), the most urgent first."""

    text: str = ""
    priority: int = 0


class Look(Struct, frozen=True, kw_only=True):
    """What one look at one job saw: the slots in (since, until], and when the next one is due.

    `since` is the job's mark as it was read; None for a job that was never looked at.  `next_at`
    is None when nothing is to come.  `until` before `since` takes a mark back that a wrong clock
    has set, and decides nothing.

    What is to run stays with whoever looks; with a `route`, whichever host on it takes it has it.
    """

    job: str
    place: str = ""
    since: datetime | None
    until: datetime
    next_at: datetime | None
    schedule: str
    definition: str = ""
    route: Route | None = None
    decisions: tuple[Decision, ...] = ()

    def __post_init__(self) -> None:
        if not all(self._covers(decision) for decision in self.decisions):
            raise ValueError(f"{self.job}: a decision outside ({self.since}, {self.until}]")

    def _covers(self, decision: Decision) -> bool:
        match decision:
            case Start():
                first = last = decision.scheduled_for
            case Omit():
                first, last = decision.first, decision.last
        return self.since is not None and self.since < first <= last <= self.until
