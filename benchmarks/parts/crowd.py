"""Jobs as people write them, many of them, and what their slots come to on a day of a clock."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import accumulate
from typing import NamedTuple

from jobrunner import config
from jobrunner.engine.agenda import Agenda, Seat
from jobrunner.model.decision import Look, Start
from jobrunner.policy import placement
from jobrunner.store.value import Mark

DAWN = datetime(2026, 11, 22, tzinfo=UTC)  # a Sunday, when weekly jobs are due
MINUTE = timedelta(minutes=1)
MINUTES = 24 * 60
CHANCE = 10
# A job in ten needs a label; so many hosts have it.
LABELS = {0: "gpu", 10: "db", 20: "dmz"}
HAVING = {"gpu": 20, "db": 5, "dmz": 4}


class Kind(NamedTuple):
    """Which part of all jobs is such, when people say they run, how long they take."""

    name: str
    part: float
    crons: tuple[str, ...]
    spread: str
    seconds: int


KINDS = (
    Kind("every5", 0.01, ("*/5 * * * *",), "H/5 * * * *", 5),
    Kind("quarter", 0.04, ("*/15 * * * *",), "H/15 * * * *", 10),
    Kind("hourly", 0.25, ("0 * * * *", "0 * * * *", "30 * * * *"), "H * * * *", 30),
    Kind("daily", 0.60, ("0 0 * * *", "0 2 * * *", "30 3 * * *", "0 6 * * *"), "H H * * *", 120),
    Kind("weekly", 0.10, ("0 3 * * 0",), "H H * * H", 600),
)


class Day(NamedTuple):
    """The slots of each kind in each minute of a day, what deciding one took, where jobs may run.

    `routes` has the part of the jobs on each route.
    """

    slots: Counter[tuple[int, str]]
    seconds_a_slot: float
    routes: dict[str, float]

    def busiest(self) -> float:
        """Slots in the busiest minute."""
        found = Counter()
        for (minute, _), count in self.slots.items():
            found[minute] += count
        hours = _hours(found)
        return _peak(max(found.values()), max(hours) / 60)

    def at_once(self) -> float:
        """How many runs would go on at the most, if each began in time."""
        takes = {kind.name: kind.seconds for kind in KINDS}
        changes: Counter[int] = Counter()
        work: Counter[int] = Counter()
        for (minute, kind), count in self.slots.items():
            changes[minute * 60] += count
            changes[minute * 60 + takes[kind]] -= count
            work[minute] += count * takes[kind]
        most = max(accumulate(change for _, change in sorted(changes.items())))
        return _peak(most, max(_hours(work)) / 3600)


def _hours(minutes: Counter[int]) -> list[int]:
    return [sum(minutes[first + n] for n in range(60)) for first in range(0, MINUTES, 60)]


def _peak(most: float, mean: float) -> float:
    """What stands out; of a sample that is spread it does so by chance, and the mean is true."""
    return most if most > CHANCE * mean else mean


def text_of(jobs: int, *, is_spread: bool) -> str:
    """A jobs.toml of so many jobs; each kind has at least one of them."""
    return "".join(_jobs(jobs, is_spread=is_spread))


def _jobs(jobs: int, *, is_spread: bool) -> Iterator[str]:
    for kind in KINDS:
        for number in range(max(1, round(jobs * kind.part))):
            cron = kind.spread if is_spread else kind.crons[number % len(kind.crons)]
            label = LABELS.get(number % 30, "")
            yield f'\n[jobs.{kind.name}-{number}]\ncron = "{cron}"\ntimeout = "1h"\n'
            yield f'command = "/usr/local/bin/task --number {number}"\n'
            yield f'labels = ["{label}"]\n' * bool(label)


def a_day(text: str, jobs: int) -> Day:
    """Look each minute of a day at what is due, as one host of many does, for so many jobs."""
    found = config.parse(text, "/etc/jobs.toml").jobs
    agenda = Agenda(found, Seat(host="h001", is_shared=True))
    looks = agenda.looks({}, {}, DAWN - MINUTE)
    marks = {look.job: moved(None, look, DAWN - MINUTE) for look in looks}
    due: list[tuple[datetime, str]] = []
    for mark in marks.values():
        _wait(due, mark)
    slots: Counter[tuple[int, str]] = Counter()
    took = 0.0
    for minute in range(MINUTES):
        now = DAWN + minute * MINUTE
        names = [heappop(due)[1] for _ in range(len(due)) if due and due[0][0] <= now]
        began = time.perf_counter()
        looks = agenda.due_looks({(name, ""): marks[name] for name in names}, {}, now)
        took += time.perf_counter() - began
        for look in looks:
            starts = sum(isinstance(each, Start) for each in look.decisions)
            slots[minute, look.job.partition("-")[0]] += starts
            marks[look.job] = moved(marks[look.job], look, now)
            _wait(due, marks[look.job])
    counts = Counter(name.partition("-")[0] for name in found)
    each = {kind.name: jobs * kind.part / counts[kind.name] for kind in KINDS}
    scaled = Counter({key: round(count * each[key[1]]) for key, count in slots.items()})
    routes = Counter(placement.route(job) for job in found.values())
    parts = {route: count / len(found) for route, count in routes.items()}
    return Day(scaled, took / max(1, slots.total()), parts)


def fitting(route: str, hosts: int) -> int:
    """How many of so many hosts may take what is on a route."""
    placed = placement.read(route)
    each = ([n for n, every in HAVING.items() if host % every == 0] for host in range(hosts))
    return sum(placement.fits(placed, f"h{host:03}", labels) for host, labels in enumerate(each))


def _wait(due: list[tuple[datetime, str]], mark: Mark) -> None:
    if mark.next_at is not None:
        heappush(due, (mark.next_at, mark.job))


def moved(mark: Mark | None, look: Look, now: datetime) -> Mark:
    return Mark(
        job=look.job,
        looked_at=look.until,
        next_at=look.next_at,
        schedule=look.schedule,
        first_seen_at=mark.first_seen_at if mark else now,
    )
