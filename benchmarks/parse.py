"""How long jobs.toml takes to become values, as a multiple of reading it as TOML alone.

python benchmarks/parse.py [--json] [--jobs 10000]
"""

import argparse
import gc
import json
import statistics
import sys
import time
import tomllib
from collections.abc import Callable

from jobrunner.config import parse

LIMIT = 2.5
ROUNDS = 5


def text_of(jobs: int, turn: int) -> str:
    """A file of so many jobs, each with a schedule and a command of its own.

    Each turn names other jobs, so that nothing is remembered from the turn before.
    """
    return '[defaults]\ntimezone = "Europe/Berlin"\n' + "".join(
        f"\n[jobs.job-{turn}-{n}]\n"
        f'description = "Job number {n}"\n'
        f'cron = "{n % 60} {n // 60 % 24} {1 + n // 1440 % 28} {1 + turn} *"\n'
        f'command = "/usr/local/bin/task --number {n}"\n'
        f'timeout = "{1 + n % 90}m"\n'
        f'tags = ["group-{n % 10}", "nightly"]\n'
        for n in range(jobs)
    )


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def measured(text: str) -> tuple[float, float]:
    """tomllib alone, and all of it."""
    return seconds(lambda: tomllib.loads(text)), seconds(lambda: parse(text, "jobs.toml"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, default=10_000)
    options = parser.parse_args()
    pairs = [measured(text_of(options.jobs, turn)) for turn in range(ROUNDS)]
    ratio = statistics.median(ours / plain for plain, ours in pairs)
    figures = {
        "jobs": options.jobs,
        "tomllib_seconds": round(min(plain for plain, _ in pairs), 4),
        "parse_seconds": round(min(ours for _, ours in pairs), 4),
        "ratio": round(ratio, 3),
        "limit": LIMIT,
    }
    print(json.dumps(figures) if options.json else f"{figures}")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
