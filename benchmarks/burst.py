"""Many jobs due at once, each `true`: how long until the last one has ended, beside a C loop.

    python benchmarks/burst.py [--json] [--jobs 1000] [--rounds 5] [--peers [cronie ...]]

The supervisor is awake.  What counts is the later of two moments: when the ledger says that the
last run ended, and when the last job itself said so, by a line that it writes.  The loop starts as
many /bin/true, four at a time, after each round; the median of the ratios is told.  With `--peers`
other schedulers get the same jobs, one after the other, as many minutes each, and tell by the lines
alone.  Exits with 1 over a limit.
"""

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from parts import bare, peer
from parts.stage import Stage, pause, until

from jobrunner.store.value import RunFilter

LIMIT = 4.5  # times the loop
PEER_LIMIT = 1.1  # times cronie
PERIOD = 20  # seconds between two of our slots
MINUTE = 60
LEAD = 3  # seconds to get ready in
MARGIN = 0.5  # of these, to begin to count in


def next_slot(period: int) -> float:
    return (time.time() + LEAD) // period * period + period


def told(file: Path, jobs: int, slot: float) -> float:
    """Seconds from the slot until the last job has written its line."""
    pause(slot - time.time() - MARGIN)
    file.write_bytes(b"")  # only now: the slot before may have been seen to meanwhile
    pause(slot - time.time())
    until(lambda: file.stat().st_size >= jobs)
    return file.stat().st_mtime - slot


def once(stage: Stage, file: Path, jobs: int) -> float:
    """Seconds from a slot of ours to its last end."""
    stage.tick()  # where no ticks come for a while, no slot is begun
    slot = next_slot(PERIOD)
    by_lines = told(file, jobs, slot)
    until(lambda: not stage.store.live(), step=0.1)
    runs = stage.store.runs(RunFilter(limit=jobs))
    assert {run.scheduled_for.timestamp() for run in runs} == {slot}, "a slot was left out"
    assert {run.state for run in runs} == {"success"}, "not every job went well"
    return max(by_lines, max(run.finished_at.timestamp() for run in runs) - slot)


def ours(jobs: int, rounds: int) -> tuple[list[float], list[float]]:
    """Our seconds and the loop's, taken in turns."""
    pairs = []
    with TemporaryDirectory() as folder:
        file = Path(folder, "lines")
        cron, command = f"*/{PERIOD} * * * * *", f"true; echo >>{file}"
        texts = (f'[jobs.j{n}]\ncron = "{cron}"\ncommand = "{command}"\n' for n in range(jobs))
        stage = Stage(folder, "".join(texts))
        loop = bare.loop(folder)
        stage.wake()
        for _ in range(rounds):
            taken = once(stage, file, jobs)
            pairs.append((taken, bare.seconds([*loop, str(jobs)])))
        stage.close()
    return [one for one, _ in pairs], [other for _, other in pairs]


def theirs(name: str, jobs: int, rounds: int) -> list[float]:
    """The seconds of another scheduler; none if it cannot be had."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "lines")
        file.touch()
        with peer.running(name, folder, [f"true; echo >>{file}"] * jobs) as pid:
            return [told(file, jobs, next_slot(MINUTE)) for _ in range(rounds if pid else 0)]


def measure(jobs: int, rounds: int, peers: list[str]) -> dict[str, object]:
    seconds, loop = ours(jobs, rounds)
    taken = statistics.median(seconds)
    found = {
        "jobs": jobs,
        "rounds": rounds,
        "seconds": taken,
        "slowest": max(seconds),
        "loop_seconds": statistics.median(loop),
        "over_loop": statistics.median(a / b for a, b in zip(seconds, loop, strict=True)),
        "limit": LIMIT,
    }
    for name in peers:
        others = theirs(name, jobs, rounds)
        if others:
            found[f"{name}_seconds"] = statistics.median(others)
            found[f"over_{name}"] = taken / statistics.median(others)
    return found | {"peer_limit": PEER_LIMIT, "load_average": os.getloadavg()[0]}


def is_well(found: dict[str, object]) -> bool:
    return found["over_loop"] <= LIMIT and found.get("over_cronie", 0) <= PEER_LIMIT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", nargs="*", choices=peer.NAMES)
    options = parser.parse_args()
    peers = [] if options.peers is None else options.peers or list(peer.NAMES)
    found = measure(options.jobs, options.rounds, peers)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:20} {value:10.2f}")
    sys.exit(not is_well(found))


if __name__ == "__main__":
    main()
