"""What a schedule must answer, told slowly: from the list of all its slots in a stretch."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from jobrunner.model.schedule import Schedule

# Zones and days on which clocks do what one forgets: whole, half and three-quarter hours, at
# midnight, over midnight, a day left out, and none at all.
CHANGES = [
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 2, 18, 2, tzinfo=UTC)),
    ("America/St_Johns", datetime(2006, 10, 29, 2, 31, tzinfo=UTC)),
    ("America/St_Johns", datetime(2006, 4, 2, 3, 31, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("Pacific/Chatham", datetime(2026, 4, 4, 14, tzinfo=UTC)),
    ("Asia/Tokyo", datetime(2026, 7, 1, tzinfo=UTC)),
]

changes = st.sampled_from(CHANGES)
minutes = st.integers(-3 * 1440, 3 * 1440).map(lambda n: timedelta(minutes=n))


def zone_of(change: tuple[str, datetime]) -> ZoneInfo:
    return ZoneInfo(change[0])


def agrees_with_itself(schedule: Schedule, after: datetime, until: datetime) -> None:
    """The five answers of a schedule tell one story."""
    slots = list(schedule.between(after, until))
    assert slots == sorted(set(slots))
    assert schedule.count(after, until) == len(slots)
    for before, slot in zip([after, *slots], slots, strict=False):
        assert schedule.next_after(before) == slot
        middle = before + (slot - before) / 2
        assert schedule.next_after(middle) == slot
    for slot, later in pairwise(slots):
        assert schedule.previous_before(later) == slot
        middle = slot + (later - slot) / 2
        if middle != slot:
            assert schedule.previous_before(middle) == slot


def is_kept_of(
    schedule: Schedule,
    inner: Schedule,
    keeps: Callable[[datetime], bool],
    after: datetime,
    until: datetime,
) -> None:
    """The schedule has exactly those slots of `inner` that `keeps` keeps."""
    expected = [slot for slot in inner.between(after, until) if keeps(slot)]
    assert list(schedule.between(after, until)) == expected
