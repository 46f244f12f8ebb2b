"""Many real processes at one ledger: at the same slots at once, and killed in the middle."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from benchmarks.claim import hammer, recorded

CLAIMER = """
import sys
from contextlib import closing
from pathlib import Path
from jobrunner.store import open_store
from benchmarks.claim import NOON, looks

with closing(open_store(sys.argv[1])) as store:
    for number in range(100_000):
        store.claim(looks(5, number), owner="killed", host="", now=NOON)
        print(number, flush=True)
"""


def test_of_many_processes_exactly_one_gets_each_slot(location):
    won, _ = hammer(location, processes=20, slots=50, rounds=5)
    assert (len(won), len(set(won)), len(recorded(location))) == (250, 250, 250)


@pytest.mark.parametrize("seed", range(3))
def test_what_was_acknowledged_outlives_a_kill(location, seed):
    chance = Random(seed)
    for _ in range(4):
        acknowledged = killed_after(location, lines=chance.randrange(1, 40))
        with closing(sqlite3.connect(location)) as database:
            rows = database.execute("SELECT count(*) FROM runs").fetchone()[0]
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert rows >= 5 * acknowledged
        assert rows % 5 == 0


def killed_after(location, lines):
    """How many rounds of five slots the claimer had been told of when it was killed."""
    command = [sys.executable, "-c", CLAIMER, location]
    top = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=top) as claimer:
        told = [claimer.stdout.readline() for _ in range(lines)]
        os.kill(claimer.pid, signal.SIGKILL)
        rest = claimer.stdout.read().split()
    return int((told + rest)[-1]) if rest else int(told[-1])
