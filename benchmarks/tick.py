"""What a tick with nothing due costs, as a multiple of the CPU time of a bare Python.

Its own record in the ledger and the look at the files are included; jobs make no difference.

python benchmarks/tick.py [--json] [--jobs 10 1000 100000] [--rounds 100]
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from jobrunner.engine import glance
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State, prepare
from jobrunner.engine.watch import YOUNG, settled, take
from jobrunner.model.decision import Look

LIMIT = 1.75
FLAT = 0.1  # how far the most jobs may be above the fewest
PROGRAM = Path(__file__).parents[1] / "src/jobrunner/program"
BARE = [sys.executable, "-c", "pass"]
# An installed package has its bytecode beside it.
ENVIRON = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "JOBRUNNER_"))}


def home(folder: Path, jobs: int) -> list[str]:
    """The tick of a host with so many jobs, none of them due today."""
    folder.mkdir()
    file = folder / "jobs.toml"
    file.write_text(
        "".join(f'[jobs.job-{n}]\ncron = "0 0 1 1 *"\ncommand = "true"\n' for n in range(jobs))
    )
    state = State(f"{folder}/.jobrunner")
    prepare(state)
    store = ledger(state)
    now = datetime.now(UTC)
    looks = [
        Look(job=f"job-{n}", since=None, until=now, next_at=now + timedelta(days=1), schedule="s")
        for n in range(jobs)
    ]
    store.claim(looks, owner="benchmark", host="benchmark", now=now)
    store.checkpoint()
    store.close()
    time.sleep(YOUNG / 1e9)
    glance.write(state, str(file), settled(take((str(file),), ())))
    return [sys.executable, str(PROGRAM), "-c", str(file), "tick"]


def cpu(command: Sequence[str]) -> float:
    """Seconds of CPU time; the command has to succeed and say nothing."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True, env=ENVIRON)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert not done.stdout + done.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(commands: Sequence[Sequence[str]], rounds: int) -> list[float]:
    """The median of each, taken in turns, so that all see the same machine."""
    for command in commands:
        cpu(command)
    turns = [[cpu(command) for command in commands] for _ in range(rounds)]
    return [statistics.median(figures) for figures in zip(*turns, strict=True)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, nargs="+", default=[10, 1_000, 100_000])
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        ticks = [home(Path(folder, str(jobs)), jobs) for jobs in options.jobs]
        bare, *figures = measured([BARE, *ticks], options.rounds)
    ratios = [round(figure / bare, 3) for figure in figures]
    answer = {
        "bare_ms": round(bare * 1000, 2),
        "tick_ms": {
            jobs: round(f * 1000, 2) for jobs, f in zip(options.jobs, figures, strict=True)
        },
        "ratio": dict(zip(options.jobs, ratios, strict=True)),
        "limit": LIMIT,
    }
    print(json.dumps(answer) if options.json else f"{answer}")
    return int(max(ratios) > LIMIT or ratios[-1] - ratios[0] > FLAT)


if __name__ == "__main__":
    sys.exit(main())
