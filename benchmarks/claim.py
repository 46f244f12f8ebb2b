"""Many processes claim the same slots at once: each is won once, and soon.

    python benchmarks/claim.py [--json] [--processes 50] [--slots 200] [--rounds 20]

Exits with 1 if a slot was won twice or not at all, or if the 99th percentile of all claims is over
its limit.  Times mean little on a busy machine, whose load is told: the ratio is to a bare INSERT
of the same rows into the same table, in one transaction, in the same run.
"""

import argparse
import json
import multiprocessing
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobrunner.model.decision import Look, Start
from jobrunner.store import migrate_store, open_store

LIMIT_MS = 100
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def looks(slots, number):
    """What every process sees in this round: one slot of each job."""
    until = NOON + number * MINUTE
    return [
        Look(
            job=f"job{job:05}",
            since=until - MINUTE if number else None,
            until=until,
            next_at=until + MINUTE,
            schedule="* * * * *",
            decisions=(Start(until),) if number else (),
        )
        for job in range(slots)
    ]


def claim(path, owner, load, barrier, answers):
    """One process: claims in every round at the same moment as all the others."""
    (slots, rounds), won, took = load, [], []
    with closing(open_store(path)) as store:
        for number in range(1, rounds + 1):
            wanted = looks(slots, number)
            barrier.wait()
            began = time.perf_counter()
            runs = store.claim(wanted, owner=owner, host="", now=NOON)
            took.append(time.perf_counter() - began)
            won += [(run.job, run.scheduled_for.isoformat()) for run in runs]
    answers.put((won, took))


def hammer(path, processes, slots, rounds):
    """What each process got back, and how long each claim took."""
    with closing(open_store(path)) as store:
        store.claim(looks(slots, 0), owner="first", host="", now=NOON)
    spawn = multiprocessing.get_context("spawn")
    barrier, answers = spawn.Barrier(processes), spawn.Queue()
    started = [
        spawn.Process(target=claim, args=(path, f"p{n}", (slots, rounds), barrier, answers))
        for n in range(processes)
    ]
    for process in started:
        process.start()
    told = [answers.get(timeout=300) for _ in started]
    for process in started:
        process.join()
    return [slot for won, _ in told for slot in won], [each for _, took in told for each in took]


def recorded(path):
    """The slots in the table."""
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT job, scheduled_for FROM runs").fetchall()


def bare(path, slots, rounds):
    """Seconds that SQLite needs for the rows alone, one transaction a round."""
    took = []
    statement = (
        "INSERT INTO runs (job, scheduled_for, trigger, state, created_at)"
        " VALUES (?, ?, 'schedule', 'queued', ?)"
    )
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA wal_autocheckpoint = 0")
        for number in range(rounds):
            rows = [(f"job{job:05}", number, number) for job in range(slots)]
            began = time.perf_counter()
            database.execute("BEGIN IMMEDIATE")
            database.executemany(statement, rows)
            database.execute("COMMIT")
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def measure(processes, slots, rounds):
    with tempfile.TemporaryDirectory() as folder:
        path, other = Path(folder) / "ledger.db", Path(folder) / "bare.db"
        migrate_store(path)
        migrate_store(other)
        won, took = hammer(path, processes, slots, rounds)
        kept, alone = recorded(path), bare(other, slots, rounds)
    took.sort()
    return {
        "processes": processes,
        "slots": slots * rounds,
        "won": len(won),
        "won_once": len(set(won)),
        "recorded": len(set(kept)),
        "claim_p50_ms": 1000 * took[len(took) // 2],
        "claim_p99_ms": 1000 * took[len(took) * 99 // 100],
        "claim_worst_ms": 1000 * took[-1],
        "bare_insert_ms": 1000 * alone,
        "p99_over_bare": took[len(took) * 99 // 100] / alone,
        "limit_ms": LIMIT_MS,
        "load_average": os.getloadavg()[0],
    }


def is_well(found):
    exact = found["slots"] == found["won"] == found["won_once"] == found["recorded"]
    return exact and found["claim_p99_ms"] <= LIMIT_MS


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--processes", type=int, default=50)
    parser.add_argument("--slots", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    found = measure(options.processes, options.slots, options.rounds)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(
                f"{name:16} {value:10.2f}" if isinstance(value, float) else f"{name:16} {value:7}"
            )
    sys.exit(not is_well(found))


if __name__ == "__main__":
    main()
