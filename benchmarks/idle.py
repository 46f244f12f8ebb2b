"""What an awake supervisor costs while nothing happens: CPU a minute.

    python benchmarks/idle.py [--json] [--jobs 1000] [--seconds 30]

Once with nothing running, once with ten jobs that sleep.  The ratio is to the CPU time of one bare
Python: what a minute would cost if a tick did no more than begin.  Exits with 1 over a limit.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from parts.stage import ENVIRON, Stage, pause

LIMITS = {"nothing_over_bare": 1.0, "sleeping_over_bare": 25.0}
SLEEPING = 10
SETTLED = 3  # seconds after the start
NAP = 30  # seconds that jobs sleep longer than they are watched
BARE = [sys.executable, "-c", "pass"]
ROUNDS = 20


def ran(pid: int) -> float:
    """Seconds that a process has had of a CPU, to the nanosecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def bare() -> float:
    """Seconds of CPU that a Python takes to do nothing."""
    took = []
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(BARE, check=True, env=ENVIRON)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(took)


def a_minute(jobs: int, sleeping: int, seconds: float) -> float:
    """Seconds of CPU a minute while so many of the jobs run; the others are not due."""
    text = '[jobs.j{}]\ncron = "0 0 1 1 *"\ncommand = ["sleep", "{:.0f}"]\n'
    with TemporaryDirectory() as folder:
        stage = Stage(folder, "".join(text.format(n, seconds + NAP) for n in range(jobs)))
        stage.wake()
        stage.run(f"j{n}" for n in range(sleeping))
        pause(SETTLED)
        before = ran(stage.supervisor)
        pause(seconds)
        used = ran(stage.supervisor) - before
        stage.close()
    return used * 60 / seconds


def measure(jobs: int, seconds: float) -> dict[str, object]:
    python = bare()
    found = {
        "nothing": a_minute(jobs, 0, seconds),
        "sleeping": a_minute(jobs, SLEEPING, seconds),
    }
    return {
        "jobs": jobs,
        "bare_ms": 1000 * python,
        **{f"{name}_ms_a_minute": 1000 * used for name, used in found.items()},
        **{f"{name}_over_bare": used / python for name, used in found.items()},
        "limit": LIMITS,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    found = measure(options.jobs, options.seconds)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:24} {value}")
    sys.exit(any(found[name] > limit for name, limit in LIMITS.items()))


if __name__ == "__main__":
    main()
