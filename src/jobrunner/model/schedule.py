"""What every schedule can answer, whatever it is made of."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


class Schedule(Protocol):
    """The instants at which something is due: an immutable value, without a clock of its own.

    Moments go in as aware datetimes of any zone and come out in the schedule's zone.  They are
    compared as instants, so that two wall-clock times of a repeated hour stay apart.
    """

    def next_after(self, moment: datetime) -> datetime | None:
        """The first instant strictly after `moment`; None when there is none."""

    def previous_before(self, moment: datetime) -> datetime | None:
        """The last instant strictly before `moment`; None when there is none."""

    def between(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Every instant in (after, until], in order."""

    def count(self, after: datetime, until: datetime) -> int:
        """How many instants lie in (after, until], without visiting each one."""

    def describe(self) -> str:
        """The schedule in English words: "At 02:30 on weekdays"."""
