"""Starts and ends /bin/true many times: under its keeper, and as barely as Python can.

    python benchmarks/spawn.py [--json] [--number 1000] [--rounds 5]

Four at a time, to a file each; the ways take turns in every round, and what is told is the median
of the rounds' ratios to a bare os.posix_spawn of the command.  Exits with 1 if a start under its
keeper, wait, spool and code included, costs more than its limit over a bare os.posix_spawn of the
shortest line that stores a code: to start a shell costs as much as to start the command.
"""

import argparse
import json
import os
import resource
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jobrunner.process import spool
from jobrunner.process.launch import Launch
from jobrunner.process.reap import reap
from jobrunner.process.start import start

LIMIT = 1.6
WINDOW = 4
ENV = {"PATH": "/usr/bin:/bin"}
APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND


def windowed(number, begin, finish):
    """Keep WINDOW of them going, the oldest waited for first."""
    going = []
    for each in range(number):
        if len(going) == WINDOW:
            finish(going.pop(0))
        going.append(begin(each))
    for each in going:
        finish(each)


def bare(folder, number):
    """A file to write to and nothing else."""

    def begin(each):
        return os.posix_spawn(
            "/bin/true",
            ["true"],
            ENV,
            file_actions=[(os.POSIX_SPAWN_OPEN, 1, f"{folder}/b{each}", APPEND, 0o600)],
            setsid=True,
        )

    windowed(number, begin, lambda pid: os.waitpid(pid, 0))


def popen(folder, number):
    def begin(each):
        with Path(f"{folder}/p{each}").open("ab") as file:
            return subprocess.Popen(["/bin/true"], env=ENV, stdout=file, start_new_session=True)

    windowed(number, begin, lambda child: child.wait())


def line(folder, number):
    """The least that a shell can do to store a code."""

    def begin(each):
        opening = (os.POSIX_SPAWN_OPEN, 1, f"{folder}/s{each}", APPEND, 0o600)
        argv = ["sh", "-c", "( exec /bin/true >&2 ); echo $?"]
        return os.posix_spawn("/bin/sh", argv, ENV, file_actions=[opening], setsid=True)

    windowed(number, begin, lambda pid: os.waitpid(pid, 0))


def kept(folder, number):
    """As the supervisor does it: spool, output, keeper, the code read at the end."""

    def begin(each):
        place = f"{folder}/k{each}"
        files = spool.make(place), os.open(f"{place}.out", APPEND, 0o600)
        child = start(
            Launch(argv=("/bin/true",), cwd="/", env=ENV, spool=files[0], output=files[1])
        )
        for file in files:
            os.close(file)
        return child, place

    def finish(begun):
        child, place = begun
        select.select([child.pidfd], [], [])
        reap(child)
        assert spool.read(place) == spool.Code(0)

    windowed(number, begin, finish)


WAYS = (bare, popen, line, kept)


def once(way, number):
    with tempfile.TemporaryDirectory() as folder:
        began, used = time.perf_counter(), cpu_seconds()
        way(folder, number)
        return time.perf_counter() - began, cpu_seconds() - used


def cpu_seconds():
    """Of this process and its ended children; os.times counts in hundredths only."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(number, rounds):
    ratios = {way.__name__: ([], []) for way in WAYS}
    for _ in range(rounds):
        taken = {way.__name__: once(way, number) for way in WAYS}
        for name, (wall, cpu) in taken.items():
            ratios[name][0].append(wall / taken["bare"][0])
            ratios[name][1].append(cpu / taken["bare"][1])
    found = {"number": number, "rounds": rounds, "limit": LIMIT}
    for name, (wall, cpu) in ratios.items():
        found[f"{name}_wall"] = statistics.median(wall)
        found[f"{name}_cpu"] = statistics.median(cpu)
    found["kept_over_line"] = statistics.median(
        kept / line for kept, line in zip(ratios["kept"][0], ratios["line"][0], strict=True)
    )
    return found | {"load_average": os.getloadavg()[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--number", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    found = measure(options.number, options.rounds)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:14} {value:10.2f}")
    sys.exit(found["kept_over_line"] > LIMIT)


if __name__ == "__main__":
    main()
