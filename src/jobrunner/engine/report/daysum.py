"""How the slots of jobs ended on each day as clocks there show it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo

from jobrunner.model.run import State
from jobrunner.store.row import DAY, instant
from jobrunner.store.value import DayTally, EndedAt

EPOCH = date(1970, 1, 1)
Sums = Mapping[tuple[date, str], Mapping[State, int]]


def day_sums(tallies: Iterable[DayTally], ended: Iterable[EndedAt], zone: tzinfo) -> Sums:
    """The tallies of UTC days, put on the days of a zone where each slot is still known.

    A UTC day of a job of which rows are gone stays together, on the date that it has in UTC, so
    that every slot counts once.
    """
    told: Counter[tuple[int, str]] = Counter()
    kept: Counter[tuple[int, str]] = Counter()
    tallies, ended = list(tallies), list(ended)
    for day, job, _, slots in tallies:
        told[day, job] += slots
    for at, job, _, slots in ended:
        kept[at // DAY, job] += slots
    sums: dict[tuple[date, str], Counter[State]] = defaultdict(Counter)
    for day, job, state, slots in tallies:
        if kept[day, job] != told[day, job]:
            sums[EPOCH + timedelta(days=day), job][state] += slots
    days = _Calendar(zone)
    for at, job, state, slots in ended:
        if kept[at // DAY, job] == told[at // DAY, job]:
            sums[days.of(at), job][state] += slots
    return sums


class _Calendar:
    """The date in a zone of many instants, most of which share their hour with others."""

    HOUR = 3_600_000_000  # no zone changes its date within a quarter of one
    PIECE = HOUR // 4

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._dates: dict[int, date] = {}

    def of(self, at: int) -> date:
        piece = at // self.PIECE
        if piece not in self._dates:
            there: datetime = instant(piece * self.PIECE).astimezone(self._zone)
            self._dates[piece] = there.date()
        return self._dates[piece]
