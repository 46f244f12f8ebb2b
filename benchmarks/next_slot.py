"""Reading cron expressions and finding their next slots, as a multiple of bare croniter.

    python benchmarks/next_slot.py [--json] [--expressions 2000]

Each turn reads every expression anew and asks for its first slots after a moment, in a zone with
summer time.  croniter is used as its own users do, on aware times; where cronsim is installed it is
shown too.  Exits with 1 if we take longer than the limit times croniter.
"""

import argparse
import gc
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from zoneinfo import ZoneInfo

from croniter import croniter

from jobrunner.cron import parse

LIMITS = {"read": 0.5, "read_and_step": 0.6, "count_a_year_ms": 50.0}
ROUNDS = 5
SLOTS = 5
ZONE = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 20, 12, tzinfo=ZONE)


def expressions(number: int, turn: int) -> list[str]:
    """Five fields as people write them, all different, and others in each turn."""
    draw = random.Random(turn)
    found: dict[str, None] = {}
    while len(found) < number:
        minute = draw.choice(["*/5", "*/15", "0,30", *map(str, range(60))])
        hour = draw.choice(["*", "*/2", "8-18", *map(str, range(24))])
        day = draw.choice(["*", "*", "*", "1", "15", "1,15", "L", str(draw.randint(1, 28))])
        month = draw.choice(["*", "*", "*", "1-6", str(draw.randint(1, 12))])
        found[f"{minute} {hour} {day} {month} {draw.choice(['*', '*', '1-5', '0', '6'])}"] = None
    return list(found)


def ours(text: str, slots: int) -> None:
    schedule, moment = parse(text, ZONE), NOON
    for _ in range(slots):
        moment = schedule.next_after(moment) or moment


def bare_croniter(text: str, slots: int) -> None:
    stepper = croniter(text, NOON)
    for _ in range(slots):
        stepper.get_next(datetime)


def cronsim(simulator: Any) -> Callable[[str, int], None]:
    def run(text: str, slots: int) -> None:
        stepper = simulator.CronSim(text, NOON)
        for _ in range(slots):
            next(stepper)

    return run


def seconds(work: Callable[[str, int], None], texts: list[str], slots: int) -> float:
    gc.collect()
    start = time.process_time()
    for text in texts:
        work(text, slots)
    return time.process_time() - start


def ratio(work: Callable[[str, int], None], number: int, slots: int) -> float:
    """The median over some turns of the time taken over that of croniter."""
    turns = [expressions(number, turn) for turn in range(ROUNDS)]
    pairs = [(seconds(work, texts, slots), seconds(bare_croniter, texts, slots)) for texts in turns]
    return round(statistics.median(one / other for one, other in pairs), 3)


def year_ms() -> float:
    """The slower of 500 days of every minute and a year of every second, counted."""
    return round(max(counted_ms("* * * * *", 500), counted_ms("* * * * * *", 365)), 3)


def counted_ms(text: str, days: int) -> float:
    schedule, took = parse(text, ZONE), []
    for turn in range(ROUNDS):
        start = NOON.astimezone(UTC) + timedelta(days=turn)
        began = time.process_time()
        schedule.count(start, start + timedelta(days=days))
        took.append(time.process_time() - began)
    return statistics.median(took) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--expressions", type=int, default=2000)
    options = parser.parse_args()
    figures = {
        "read": ratio(ours, options.expressions, 0),
        "read_and_step": ratio(ours, options.expressions, SLOTS),
        "count_a_year_ms": year_ms(),
    }
    if find_spec("cronsim"):
        simulated = cronsim(import_module("cronsim"))
        figures["cronsim_read_and_step"] = ratio(simulated, options.expressions, SLOTS)
    passed = all(figures[name] <= limit for name, limit in LIMITS.items())
    if options.json:
        print(json.dumps({"figures": figures, "limits": LIMITS, "passed": passed}))
    else:
        for name, figure in figures.items():
            print(f"{name:24} {figure:8.3f}   limit {LIMITS.get(name, '-')}")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
