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
