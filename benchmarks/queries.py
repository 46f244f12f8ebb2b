"""A million runs: the queries that pages and commands make, and a writer while it is pruned.

    python benchmarks/queries.py [--json] [--runs 1000000] [--jobs 1000] [--alone 20]

Exits with 1 if a query is over 50 ms, or a writer is held up for more than 200 ms.  The ratio is to
one look at an index that SQLite makes in the same run.
"""

import argparse
import json
import multiprocessing
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobrunner.clock import SystemClock
from jobrunner.model.run import State
from jobrunner.store import migrate_store, open_store
from jobrunner.store.figure import WEEK, step_of
from jobrunner.store.row import DAY, micros
from jobrunner.store.value import Keep, Retention, RunFilter

QUERY_MS = 50
WRITER_MS = 200
SPAN = timedelta(days=90)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RUN = """
INSERT INTO runs (
    job, scheduled_for, trigger, state, created_at, attempts, started_at, finished_at, duration,
    cpu, output
) VALUES (?, ?, 'schedule', ?, ?, 1, ?, ?, ?, 1000, 'x.log')
"""
ATTEMPT = """
INSERT INTO attempts (run, number, state, owner, started_at, finished_at)
VALUES (?, 1, 'success', 'x', 1, 2)
"""


def fill(path, runs, jobs):
    """Every job equally often; one run in fifty failed; figures as finishing keeps them."""
    first, step = micros(NOW - SPAN), SPAN // timedelta(microseconds=1) // runs
    days, durations = {}, {}
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN")
        for number in range(runs):
            job, at = f"job{number % jobs:05}", first + number * step
            state = "failed" if number % 50 == 7 else "success"
            took = 1_000_000 + number * 7919 % 3_000_000
            database.execute(RUN, (job, at, state, at, at, at + took, took))
            database.execute(ATTEMPT, (number + 1,))
            day = (at + took) // DAY
            slots, total = days.get((day, job, state), (0, 0))
            days[day, job, state] = slots + 1, total + took
            if state == "success":
                key = (at + took) // WEEK, job, step_of(took)
                durations[key] = durations.get(key, 0) + 1
        rows = ((*key, slots, total, total, 1000 * slots) for key, (slots, total) in days.items())
        database.executemany("INSERT INTO days VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        rows = ((*key, count) for key, count in durations.items())
        database.executemany("INSERT INTO durations VALUES (?, ?, ?, ?)", rows)
        database.execute("COMMIT")


def milliseconds(call, times=15):
    """The best of some calls, after one that warms the cache: the others shared their processor."""
    call()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - began))
    return min(took)


def queries(store):
    week, month = NOW - timedelta(days=7), NOW - timedelta(days=30)
    return {
        "list": lambda: store.runs(RunFilter(limit=100)),
        "list, a page within": lambda: store.runs(RunFilter(limit=100, before=300_000)),
        "list, failed": lambda: store.runs(RunFilter(limit=100, states=(State.FAILED,))),
        "list, timeout (none)": lambda: store.runs(RunFilter(states=(State.TIMEOUT,))),
        "history of a job": lambda: store.runs(RunFilter(job="job00007", limit=100)),
        "its failures": lambda: store.runs(RunFilter(job="job00007", states=(State.FAILED,))),
        "statistics of 7 days": lambda: store.statistics(week),
        "the same of one job": lambda: store.statistics(week, "job00007"),
        "counts of 30 days": lambda: store.statistics(month, usual=False),
        "what each day took": lambda: store.days(month),
        "what each run took, 3 days": lambda: store.successes(NOW - timedelta(days=3)),
        "the same of one job, 30": lambda: store.successes(month, "job00008"),
        "what to do next": store.wake_at,
        "what is live": store.live,
    }


def write(path, ready, stop, answers):
    """A supervisor's small writes, one after the other; how long the longest took."""
    took = []
    with closing(open_store(path)) as store:
        while not stop.is_set():
            began = time.perf_counter()
            store.note_tick("web-1", NOW, timedelta(minutes=1))
            took.append(1000 * (time.perf_counter() - began))
            ready.set()
            time.sleep(0.005)
    answers.put(took)


def waits(path, meanwhile):
    """How long each write of another process took while something is done, in order."""
    spawn = multiprocessing.get_context("spawn")
    ready, stop, answers = spawn.Event(), spawn.Event(), spawn.Queue()
    writer = spawn.Process(target=write, args=(path, ready, stop, answers))
    writer.start()
    ready.wait()
    meanwhile()
    stop.set()
    took = sorted(answers.get(timeout=60))
    writer.join()
    return took


def pruned(path, keep, alone_for, progress):
    """Prune to half while another process writes: rows removed, and its waits."""
    removed, began = [], time.perf_counter()

    def prune():
        with closing(open_store(path)) as store:
            for step in store.prune(keep, NOW, SystemClock()):
                removed.append(step.removed)
                if step.of:
                    progress(f"pruned {100 * step.seen // step.of:3} %")

    took = waits(path, prune)
    seconds = time.perf_counter() - began
    alone = waits(path, lambda: time.sleep(alone_for))
    return {
        "pruned_runs": sum(removed),
        "prune_seconds": seconds,
        "write_alone_p99_ms": alone[len(alone) * 99 // 100],
        "write_alone_worst_ms": alone[-1],
        "writes_meanwhile": len(took),
        "write_p50_ms": took[len(took) // 2],
        "write_p99_ms": took[len(took) * 99 // 100],
        "write_worst_ms": took[-1],
    }


def measure(runs, jobs, alone_for, progress):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        migrate_store(path)
        progress(f"writing {runs} runs")
        fill(path, runs, jobs)
        with closing(open_store(path)) as store, closing(sqlite3.connect(path)) as database:
            lookup = "SELECT id FROM runs WHERE job = 'job00007' ORDER BY created_at DESC LIMIT 1"
            bare = milliseconds(lambda: database.execute(lookup).fetchone(), times=101)
            found = {name: milliseconds(call) for name, call in queries(store).items()}
        keep = Retention(usual=Keep(max(1, runs // jobs // 2), SPAN))
        writer = pruned(path, keep, alone_for, progress)
        size = path.stat().st_size
    return {
        "runs": runs,
        "bare_lookup_ms": bare,
        "query_ms": found,
        "query_over_bare": {name: took / bare for name, took in found.items()},
        "query_limit_ms": QUERY_MS,
        "database_bytes": size,
        **writer,
        "write_limit_ms": WRITER_MS,
    }


def is_well(found):
    return max(found["query_ms"].values()) <= QUERY_MS and found["write_worst_ms"] <= WRITER_MS


def show(found):
    for name, took in found["query_ms"].items():
        print(f"{name:26} {took:8.2f} ms  {found['query_over_bare'][name]:9.0f} x a bare lookup")
    for name, value in found.items():
        if isinstance(value, int | float):
            print(f"{name:26} {value:11.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--alone", type=float, default=20, help="seconds of undisturbed writing")
    options = parser.parse_args()
    talk = sys.stderr.isatty()
    found = measure(
        options.runs,
        options.jobs,
        options.alone,
        lambda said: talk and print(said, end="\r", file=sys.stderr),
    )
    print(json.dumps(found)) if options.json else show(found)
    sys.exit(not is_well(found))


if __name__ == "__main__":
    main()
