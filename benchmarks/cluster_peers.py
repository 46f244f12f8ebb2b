"""Other schedulers over many hosts: N tasks due at once, with 1, 2 and 4 workers of each.

    python benchmarks/cluster_peers.py [--json] [--tasks 500] [--workers 1 2 4] [--peers NAME ...]

They are Procrastinate's periodic tasks and APScheduler 4 over PostgreSQL, and Celery's beat with
its workers over Redis.  Each task starts a command that says itself, in a line of a file, when it
began; the figures come from these lines alone: starts per second, how long after the due second
(p50, p99), how many were lost or too many, and what the database or broker used of a processor per
task.  Exits with 1 if any were lost or too many.  `cluster.py` has the same figures of ours.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from parts import rival
from parts.database import serving
from parts.stage import pause
from parts.witness import Seen, percentile, witness

LIMIT = 0  # tasks lost or doubled: how fast others are is not ours to be good or bad
WARM_UP = 6.0  # seconds until workers are there
MARGIN = 0.5  # seconds before the slot in which its count begins
PATIENCE = 45.0


def next_slot(period: int) -> float:
    return (time.time() + WARM_UP) // period * period + period


def figures(delays: Sequence[float], tasks: int, doubled: int, cpu: float) -> dict[str, float]:
    """What is told of one slot."""
    found = len(delays)
    return {
        "per_second": found / max(delays, default=PATIENCE),
        "p50": percentile(delays, 0.5) if found else PATIENCE,
        "p99": percentile(delays, 0.99) if found else PATIENCE,
        "lost": tasks - found,
        "doubled": doubled,
        "database_ms": 1000 * cpu / max(found, 1),
    }


def slot(file: Path, service: object, *, period: int, tasks: int) -> dict[str, float]:
    """The figures of the next slot."""
    at = next_slot(period)
    pause(at - time.time() - MARGIN)
    file.write_bytes(b"")  # the slot before may have been seen to meanwhile
    before, seen = service.cpu(), Seen(file, at)
    deadline = at + min(PATIENCE, period - 1)
    while len(delays := seen.delays()) < tasks and time.time() < deadline:
        pause(0.1)
    return figures([*delays.values()], tasks, seen.doubled(), service.cpu() - before)


def of_peer(name: str, folder: Path, tasks: int, workers: int) -> dict[str, float]:
    peer = rival.RIVALS[name]
    file, program = folder / "lines", witness(str(folder))
    file.touch()
    with rival.broker() if peer.uses_redis else serving() as service:
        given = {"tasks": tasks, "workers": workers, "command": (program, str(file))}
        with rival.running(name, folder / "peer", service.url, **given):
            return slot(file, service, period=peer.period, tasks=tasks)


def measure(peers: Sequence[str], tasks: int, workers: Sequence[int]) -> dict[str, object]:
    found: dict[str, object] = {"tasks": tasks, "limit": LIMIT}
    if peers and rival.environment() is None:
        peers = ()  # their packages cannot be had
    for name in filter(rival.can_run, peers):
        for count in workers:
            label = f"{name}, {count} worker{'s' * (count > 1)}"
            with TemporaryDirectory() as folder:
                found[label] = of_peer(name, Path(folder), tasks, count)
    return found | {"load_average": os.getloadavg()[0]}


def shown(found: dict[str, object]) -> None:
    """A line for each scheduler and number of workers or hosts."""
    for label, values in found.items():
        if isinstance(values, dict):
            told = "  ".join(f"{name} {value:.6g}" for name, value in values.items())
            print(f"{label:26} {told}")
        else:
            print(f"{label:26} {values}")


def is_well(found: dict[str, object]) -> bool:
    each = [values for values in found.values() if isinstance(values, dict)]
    return all(values["lost"] + values["doubled"] <= LIMIT for values in each)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tasks", type=int, default=500)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--peers", nargs="*", choices=[*rival.RIVALS], default=[*rival.RIVALS])
    options = parser.parse_args()
    found = measure(options.peers, options.tasks, options.workers)
    if options.json:
        print(json.dumps(found))
    else:
        shown(found)
    sys.exit(not is_well(found))


if __name__ == "__main__":
    main()
