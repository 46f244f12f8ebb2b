"""Going through a schedule slot by slot, ahead or back, on UTC."""

from collections.abc import Iterator
from datetime import UTC, datetime

from jobrunner.model.schedule import Schedule


def step(schedule: Schedule, moment: datetime, *, ahead: bool) -> datetime | None:
    """The nearest slot strictly on one side of `moment`."""
    slot = schedule.next_after(moment) if ahead else schedule.previous_before(moment)
    return slot and slot.astimezone(UTC)


def walk(schedule: Schedule, after: datetime, until: datetime) -> Iterator[datetime]:
    """Every slot in (after, until], in order."""
    last = until.astimezone(UTC)
    slot = step(schedule, after, ahead=True)
    while slot is not None and slot <= last:
        yield slot
        slot = step(schedule, slot, ahead=True)
