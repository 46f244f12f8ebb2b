"""A million jobs on a hundred hosts, on paper: what they need, what there is, what breaks first.

    python benchmarks/scale.py [--json] [--jobs 1000000] [--hosts 100] [--sample 2000] [--slots 500]

A day of a clock that is told what time it is: the code that decides slots looks each minute at a
sample of jobs, of which each stands for many.  What a slot costs is measured in a real PostgreSQL,
over one connection, what a job costs in a real supervisor's parts.  Delays follow from these: runs
begin in the order of their slots, as fast as the database lets them and as hosts have places.

A row is over where its share is more than 1.  Exits with 1 if, spread by H over as many ledgers as
the limit says, any is.
"""

import argparse
import json
import sys
from collections import Counter, deque
from math import ceil
from typing import NamedTuple

from parts.capacity import Cost, Weight, cost, weight
from parts.crowd import KINDS, MINUTES, Day, a_day, fitting, text_of

LIMIT = 20  # ledgers
PLACES = 100  # max_parallel
MEMORY = 1 << 30  # bytes of a host that a supervisor may have
DISK = 1e12
LOG = 20e6  # bytes a second: what a replica is sent over a slow line
CONNECTIONS = 97  # of PostgreSQL as it comes; three more are its superuser's
EACH = 1  # connections of a supervisor
WHOLE = 300.0  # seconds from one look at all jobs to the next
TICK = 60.0
RUNS, DAYS = 1000, 90  # [settings.retention]
OFTEN = {"every5": 288, "quarter": 96, "hourly": 24, "daily": 1, "weekly": 1 / 7}  # a day
LEDGERS = (1, 2, 4, 5, 10, 20, 50, 100)


class Need(NamedTuple):
    """What is needed of something of which there is so much, and what to do where it is short."""

    name: str
    need: float
    have: float
    unit: str
    remedy: str

    @property
    def share(self) -> float:
        return self.need / self.have


class Flow(NamedTuple):
    """How late runs begin, in seconds, and how many go on at once at most."""

    p50: float
    p99: float
    last: float
    busiest: int


class Measured(NamedTuple):
    """What one of each takes."""

    cost: Cost
    weight: Weight

    @property
    def slot(self) -> float:
        """Seconds of the database for a slot, from its claim to its end."""
        return self.cost.claim + self.cost.deliver


def flow(day: Day, places: int, cost: Cost) -> Flow:
    """Let a day go by, second by second.

    What comes due together is claimed in one transaction, and nothing of it begins before the end
    of that; then it is delivered as fast as the database can.
    """
    takes = {kind.name: kind.seconds for kind in KINDS}
    due = _claimed(day, cost.claim)
    rate = 1 / cost.deliver
    waiting: deque[list] = deque()
    ends: Counter[int] = Counter()
    delays: Counter[int] = Counter()
    running = busiest = second = 0
    credit = 0.0
    while second < MINUTES * 60 or waiting:
        waiting.extend(due.get(second, ()))
        running -= ends.pop(second, 0)
        credit = min(credit + rate, max(rate, 1.0))
        while waiting and running < places and credit >= 1:
            kind, since, count = waiting[0]
            begun = min(count, places - running, int(credit))
            delays[second - since] += begun
            ends[second + takes[kind]] += begun
            running, credit = running + begun, credit - begun
            waiting[0][2] -= begun
            if not waiting[0][2]:
                waiting.popleft()
        busiest = max(busiest, running)
        second += 1
        if second > 10 * MINUTES * 60:
            break  # it never catches up
    return Flow(_percentile(delays, 0.5), _percentile(delays, 0.99), max(delays), busiest)


def _claimed(day: Day, claim: float) -> dict[int, list[list]]:
    """Of each second the kind, the slot and the number of what is claimed by then."""
    minutes: dict[int, list[list]] = {}
    for (minute, kind), count in sorted(day.slots.items()):
        minutes.setdefault(minute, []).append([kind, minute * 60, count])
    found: dict[int, list[list]] = {}
    free_at = 0.0
    for minute, slots in minutes.items():
        free_at = max(free_at, minute * 60) + claim * sum(count for _, _, count in slots)
        found.setdefault(ceil(free_at), []).extend(slots)
    return found


def needs(jobs: int, hosts: int, ledgers: int, day: Day, found: Measured) -> list[Need]:
    """Of each of so many ledgers among which jobs and hosts are dealt out."""
    jobs, hosts, part = jobs / ledgers, hosts / ledgers, 1 / ledgers
    slots, busiest = part * day.slots.total(), part * day.busiest()
    at_once = part * day.at_once()
    kept = sum(jobs * kind.part * min(RUNS, DAYS * OFTEN[kind.name]) for kind in KINDS)
    places = PLACES * hosts / 100  # for each of a hundred hosts
    scarce = max(
        filter(None, day.routes), key=lambda route: day.routes[route] / fitting(route, 100)
    )
    return [
        Need(
            "the database in the busiest minute", busiest * found.slot, 60.0, "s",
            "H, several ledgers; late, and never lost",
        ),
        Need("the database on the whole day", slots * found.slot, 86400.0, "s", "several ledgers"),
        Need(
            "deciding, in the busiest minute", busiest * day.seconds_a_slot, 60.0, "s",
            "each host decides all: several ledgers",
        ),
        Need(
            "marks of all jobs, by all hosts", hosts * jobs * found.cost.mark, WHOLE, "s",
            "each host reads them every 5 minutes: several ledgers",
        ),
        Need("looking at all jobs", jobs * found.weight.look, WHOLE, "s", "several ledgers"),
        Need("reading jobs.toml", jobs * found.weight.read, TICK, "s", "several files and ledgers"),
        Need("memory of a supervisor", jobs * found.weight.memory, MEMORY, "B", "several ledgers"),
        Need(
            "runs at once, if each begins in time", at_once, hosts * PLACES, "",
            "H, more hosts, max_parallel; late, and never lost",
        ),
        Need(
            f"the same of {scarce}", at_once * day.routes[scarce],
            fitting(scarce, 100) * places, "", "H, more hosts with the label",
        ),
        Need(
            "disk, after 90 days or 1,000 runs", kept * found.cost.kept, DISK, "B",
            "retention by age; partitions let a month go at once",
        ),
        Need("log of the database", slots * found.cost.log / 86400, LOG, "B/s", "a faster line"),
        Need("connections", hosts * EACH, CONNECTIONS, "", "max_connections"),
    ]  # fmt: skip


def _percentile(delays: Counter[int], part: float) -> float:
    left = part * delays.total()
    for delay, count in sorted(delays.items()):
        left -= count
        if left <= 0:
            return float(delay)
    return float(max(delays, default=0))


def over(found: list[Need]) -> list[Need]:
    """Those of which there is too little, the worst first."""
    return sorted((each for each in found if each.share > 1), key=lambda each: -each.share)


def told(amount: float, unit: str) -> str:
    if unit.startswith("B"):
        for size, name in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
            if amount >= size:
                return f"{amount / size:,.1f} {name}{unit}"
    return f"{amount:,.1f} {unit}".rstrip()


def shown(name: str, found: list[Need]) -> None:
    print(f"\n{name}")
    for each in sorted(found, key=lambda each: -each.share):
        mark = "OVER" if each.share > 1 else "    "
        need, have = told(each.need, each.unit), told(each.have, each.unit)
        remedy = each.remedy if each.share > 1 else ""
        print(f"  {mark} {each.share:8.2f}  {each.name:36} {need:>14} of {have:>12}  {remedy}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--sample", type=int, default=2000)
    parser.add_argument("--slots", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    jobs, hosts = options.jobs, options.hosts
    found = Measured(cost(options.slots, options.rounds), weight(5 * options.sample))
    written = a_day(text_of(options.sample, is_spread=False), jobs)
    spread = a_day(text_of(options.sample, is_spread=True), jobs)
    late = {
        "as written": flow(written, hosts * PLACES, found.cost),
        "by H": flow(spread, hosts * PLACES, found.cost),
    }
    plans = {count: needs(jobs, hosts, count, spread, found) for count in LEDGERS}
    plans |= {0: needs(jobs, hosts, 1, written, found)}
    least = next((count for count in LEDGERS if not over(plans[count])), 0)
    figures = {
        "limit": LIMIT,
        "ledgers": least,
        "slots_a_day": written.slots.total(),
        "busiest_minute": {"as written": written.busiest(), "by H": spread.busiest()},
        "bytes_a_slot": found.cost.kept,
        "log_bytes_a_slot": found.cost.log,
        "rows": found.cost.tables,
        "ms_a_slot": {"claim": 1000 * found.cost.claim, "deliver": 1000 * found.cost.deliver},
        "us_to_decide": {
            "as written": 1e6 * written.seconds_a_slot,
            "by H": 1e6 * spread.seconds_a_slot,
        },
        "late_seconds": {name: each._asdict() for name, each in late.items()},
        "shares": {
            "as written": {each.name: each.share for each in plans[0]},
            "by H": {each.name: each.share for each in plans[1]},
        },
        "breaks_first": [each.name for each in over(plans[1])[:1]],
    }
    if options.json:
        print(json.dumps(figures))
    else:
        report(options, figures, plans, least)
    return int(bool(over(plans[LIMIT])))


def report(options, figures, plans, least) -> None:
    print(f"{options.jobs:,} jobs on {options.hosts} hosts: {figures['slots_a_day']:,} slots a day")
    print(
        f"a slot: {figures['bytes_a_slot']:.0f} bytes kept, {figures['log_bytes_a_slot']:.0f} of"
        f" log; {figures['ms_a_slot']['claim']:.2f} ms to claim,"
        f" {figures['ms_a_slot']['deliver']:.2f} ms to take, start and end"
    )
    for name, busiest in figures["busiest_minute"].items():
        late = figures["late_seconds"][name]
        print(
            f"{name:10}: {busiest:9,.0f} slots in the busiest minute, {busiest / 60:,.0f} a second;"
            f" late by {late['p50']:,.0f} s (p50), {late['p99']:,.0f} s (p99),"
            f" {late['last']:,.0f} s (last)"
        )
    shown("one ledger, as people write it", plans[0])
    shown("one ledger, spread by H", plans[1])
    shown(f"{LIMIT} ledgers, spread by H", plans[LIMIT])
    print(f"\nall fits from {least} ledgers on" if least else "\nit does not fit")


if __name__ == "__main__":
    sys.exit(main())
