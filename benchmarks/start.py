"""How soon jobs run after the tick that found them due, or after their slot itself.

Ten of the jobs are due, and note themselves when they run; the others are due next year.

asleep, rung: from the beginning of a tick, with a supervisor that is asleep, or awake.  The slots
    of each round are made by setting the ledger's marks back: no minute has to be waited for.
awake: from the slot, as it is in most minutes: who is awake knows it, and waits for no tick.

python benchmarks/start.py [--json] [--jobs 1000 10000] [--rounds 20]
"""

import argparse
import fcntl
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from jobrunner.clock import SystemClock
from jobrunner.engine.plan import read
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State, prepare
from jobrunner.engine.wake import poke
from jobrunner.errors import BusyError
from jobrunner.jobfile.place import Asker
from jobrunner.model.decision import Look
from jobrunner.schedule.identity import fingerprint

# Milliseconds, 99 of 100 starts: awake; asleep with so many jobs.
AWAKE = 50
ASLEEP = {1_000: 400, 10_000: 600}
DUE = 10
PATIENCE = 30.0
STEP = 0.002
RARELY = 0.05  # between looks that are not to keep those from starting who are looked at
EVERY_MINUTE = "* * * * *"
SHORT = 2  # seconds from one slot to the next
EVERY_SHORT = f"*/{SHORT} * * * * *"
MINUTE = 60_000_000
PROGRAM = Path(__file__).parents[1] / "src/jobrunner/program"
BARE = [sys.executable, "-c", "pass"]
ENVIRON = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "JOBRUNNER_"))}
SET_BACK = """
DELETE FROM runs;
UPDATE marks SET looked_at = {minute} - 1000000, next_at = {minute} WHERE job LIKE 'due-%';
"""


class Home:
    """A host with so many jobs, of which some are due by this expression; nobody is awake."""

    def __init__(self, folder: Path, jobs: int, cron: str = EVERY_MINUTE) -> None:
        folder.mkdir()
        self._stamps = folder / "stamps"
        self._file = folder / "jobs.toml"
        due = f'cron = "{cron}"\ncommand = "date +%s%N >> {self._stamps}"\n'
        rest = 'cron = "0 0 1 1 *"\ncommand = "true"\n'
        tables = [f"[jobs.due-{n}]\n{due}" for n in range(DUE)]
        tables += [f"[jobs.job-{n}]\n{rest}" for n in range(jobs - DUE)]
        self._file.write_text("".join(tables))
        self._state = State(f"{folder}/.jobrunner")
        self._look()
        self._tick()
        self.sleep()

    def starts(self) -> list[float]:
        """Milliseconds from the beginning of a tick to the start of each job that was due."""
        self._set_back()
        began = time.time_ns()
        self._tick()
        until(lambda: len(self._noted()) >= DUE)
        found = [(stamp - began) / 1e6 for stamp in self._noted()]
        until(lambda: not self._live())
        return found

    def starts_by_itself(self, rounds: int) -> list[float]:
        """Milliseconds from so many slots to their jobs' starts, by a supervisor that waits."""
        self.starts()
        first = time.time_ns() // 1_000_000 + 1000 * SHORT
        found: list[float] = []
        while len(found) < DUE * rounds:
            self._tick()
            noted = len(self._noted())
            until(lambda: len(self._noted()) >= noted + DUE, RARELY)  # noqa: B023
            found = [at / 1e6 for at in self._noted() if at / 1e6 >= first]
        return [at % (1000 * SHORT) for at in found]

    def sleep(self) -> None:
        """Have the supervisor leave, and wait until it has."""
        until(lambda: not self._live())
        with suppress(BusyError):
            poke(self._state, "leave", PATIENCE)
        with Path(self._state.lock).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)

    def _look(self) -> None:
        """Have every job looked at once, as on a host that did not begin a moment ago."""
        asker = Asker(environ=ENVIRON, cwd="/", uid=os.geteuid())
        prepare(self._state)
        declared = read(str(self._file), self._state, asker).config.jobs
        now = SystemClock().now()
        next_year = now + timedelta(days=365)
        looks = [
            Look(job=name, since=None, until=now, next_at=next_year, schedule=fingerprint(job))
            for name, job in declared.items()
        ]
        store = ledger(self._state)
        store.claim(looks, owner="benchmark", host="benchmark", now=now)
        store.close()

    def _tick(self) -> None:
        command = [sys.executable, PROGRAM, "-c", self._file, "tick"]
        subprocess.run(command, check=True, env=ENVIRON)

    def _set_back(self) -> None:
        self._stamps.write_text("")
        minute = time.time_ns() // 1000 // MINUTE * MINUTE
        with sqlite3.connect(self._state.ledger, timeout=PATIENCE) as ledger:
            ledger.execute("PRAGMA foreign_keys = ON")
            ledger.executescript(SET_BACK.format(minute=minute))
        ledger.close()

    def _noted(self) -> list[int]:
        return [int(line) for line in self._stamps.read_text().splitlines()]

    def _live(self) -> int:
        with sqlite3.connect(self._state.ledger, timeout=PATIENCE) as ledger:
            live = "SELECT count(*) FROM runs WHERE finished_at IS NULL"
            (found,) = ledger.execute(live).fetchone()
        ledger.close()
        return int(found)


def until(holds: Callable[[], bool], step: float = STEP) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(step)


def p99(figures: list[float]) -> float:
    return sorted(figures)[-(-99 * len(figures) // 100) - 1]


def bare() -> float:
    """Milliseconds from the start of a Python to its end."""
    began = time.perf_counter()
    subprocess.run(BARE, check=True, env=ENVIRON)
    return (time.perf_counter() - began) * 1000


def measured(folder: Path, jobs: int, rounds: int) -> dict[str, float]:
    home = Home(folder, jobs)
    asleep: list[float] = []
    for _ in range(rounds):
        asleep += home.starts()
        home.sleep()
    home.starts()
    rung = [start for _ in range(rounds) for start in home.starts()]
    home.sleep()
    home = Home(folder / "short", jobs, EVERY_SHORT)
    awake = home.starts_by_itself(rounds)
    home.sleep()
    return {
        f"{name}_{what}": round(figure(starts), 1)
        for name, starts in (("asleep", asleep), ("rung", rung), ("awake", awake))
        for what, figure in (("p99", p99), ("median", statistics.median))
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, nargs="+", default=[*ASLEEP])
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    found = {}
    with TemporaryDirectory() as folder:
        for jobs in options.jobs:
            found[jobs] = measured(Path(folder, str(jobs)), jobs, options.rounds)
    limits = {jobs: ASLEEP.get(jobs, max(ASLEEP.values())) for jobs in found}
    answer = {
        "bare_ms": round(statistics.median(bare() for _ in range(5)), 2),
        "start_ms": found,
        "limit": {"asleep": limits, "rung": AWAKE, "awake": AWAKE},
    }
    print(json.dumps(answer) if options.json else f"{answer}")
    is_late = [
        each["asleep_p99"] > limits[jobs] or max(each["rung_p99"], each["awake_p99"]) > AWAKE
        for jobs, each in found.items()
    ]
    return int(any(is_late))


if __name__ == "__main__":
    sys.exit(main())
