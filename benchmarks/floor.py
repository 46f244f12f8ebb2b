"""What each step of a burst costs alone: which part of it is the floor, and which is ours.

    python benchmarks/floor.py [--json] [--jobs 1000] [--rounds 5] [--without-whole]

CPU of all that takes part, as a multiple of what a C loop takes to start as many /bin/true; the
steps take turns in every round, and the median of the ratios is told.  CPU and not time, because
a host with two cores has both of them busy in a burst, and others may be at work on it.

    job      the job of benchmarks/burst.py, started by Python: whoever starts it pays that
    cron     the least that a cron does, in C: two forks and a shell, nothing kept of how it ended
    keeper   the same under the line of /bin/sh that outlives us and stores its code
    files    output, spool and result: made or used again, read at the end
    cgroup   one made and removed; nothing where none can be had
    ledger   the slot claimed, the attempt started and ended, fifty to a transaction

`floor` is the sum of the last four, `whole` what a supervisor and its children take for all of it.
The limit is that of benchmarks/burst.py: with 1 it exits if no scheduler that does this could keep
it.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import burst
from parts import bare
from parts.stage import Stage
from spawn import cpu_seconds, windowed

from jobrunner.clock import SystemClock
from jobrunner.engine import result
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State as Folders
from jobrunner.engine.state import prepare
from jobrunner.engine.stock import ROOM, Stock
from jobrunner.model.decision import Look, Start
from jobrunner.model.run import Outcome, State
from jobrunner.process import cgroup, output, spool
from jobrunner.process.keeper import SHELL, keeper_argv
from jobrunner.process.launch import Launch
from jobrunner.process.start import ALL_SIGNALS
from jobrunner.store.value import Ending, Mark
from jobrunner.store.value import Launch as Begun

ENV = bare.ENV
BATCH = 50
US = os.getuid(), os.getgid()
FLOOR = ("keeper", "files", "cgroup", "ledger")
CRON = f"""
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {{
    int left = atoi(argv[1]), going = 0;
    while (left || going) {{
        if (left && going < {bare.WINDOW}) {{
            if (!fork()) {{
                if (!fork()) {{
                    setsid();
                    execl("/bin/sh", "sh", "-c", argv[2], (char *) 0);
                    _exit(1);
                }}
                wait(0);
                _exit(0);
            }}
            left--, going++;
        }} else if (wait(0) > 0) going--;
    }}
    return 0;
}}
"""

Step = Callable[[int], None]


class Floor:
    """The steps, each of which does its part for so many jobs."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._state = Folders(f"{folder}/state")
        prepare(self._state)
        self._store = ledger(self._state)
        self._stock = Stock(self._state.spare, ROOM)
        self._loop = bare.loop(folder)
        self._cron = bare.compiled(folder, "cron", CRON)
        self._command = f"true; echo >>{folder}/lines"
        self._round = 0

    def steps(self) -> dict[str, Step]:
        found: dict[str, Step] = {"loop": self._loops, "job": self._job, "cron": self._crons}
        if self._cron is None:
            del found["cron"]
        own: dict[str, Step] = {"keeper": self._keeper, "files": self._files, "ledger": self._rows}
        if cgroup.home():
            own["cgroup"] = self._cgroups
        return found | own

    def begin_round(self) -> None:
        self._round += 1

    def close(self) -> None:
        self._store.close()

    def _loops(self, jobs: int) -> None:
        bare.seconds([*self._loop, str(jobs)])

    def _crons(self, jobs: int) -> None:
        assert self._cron is not None
        bare.seconds([self._cron, str(jobs), self._command])

    def _job(self, jobs: int) -> None:
        self._spawn(["sh", "-c", self._command], jobs)

    def _keeper(self, jobs: int) -> None:
        argv = ("/bin/sh", "-c", self._command)
        launch = Launch(argv=argv, cwd="/", env=ENV, spool=1, output=2, tag="1-1")
        self._spawn(keeper_argv(launch, gated=False), jobs)

    def _spawn(self, argv: list[str], jobs: int) -> None:
        kept = os.open(f"{self._folder}/kept", os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        actions = [(os.POSIX_SPAWN_DUP2, kept, number) for number in (1, 2)]

        def begin(_: int) -> int:
            return os.posix_spawn(
                SHELL, argv, ENV, file_actions=actions, setsid=True, setsigdef=ALL_SIGNALS
            )

        windowed(jobs, begin, lambda pid: os.waitpid(pid, 0))
        os.close(kept)

    def _files(self, jobs: int) -> None:
        state, stock = self._state, self._stock
        folder = Path(state.output_path(f"{self._round}"))
        folder.mkdir()

        def begin(each: int) -> int:
            written = output.make(f"{folder}/{each}")
            stock.result(state.result(each, 1), US)
            code = stock.spool(state.spool(each, 1))
            os.write(code, b"0 %d-1\n" % each)
            os.close(code)
            os.close(written)
            return each

        def finish(each: int) -> None:
            assert spool.read(state.spool(each, 1)) == spool.Code(0)
            result.read(state.result(each, 1), US[0])
            stock.keep_spool(state.spool(each, 1))
            stock.keep_result(state.result(each, 1))

        windowed(jobs, begin, finish)

    def _cgroups(self, jobs: int) -> None:
        name = f"jobrunner-floor-{os.getpid()}"
        windowed(jobs, lambda each: cgroup.make(f"{name}-{each}"), cgroup.remove)

    def _rows(self, jobs: int) -> None:
        store, now = self._store, SystemClock().now()
        looked = now + timedelta(minutes=self._round)
        marks = store.marks()
        names = [f"j{number}" for number in range(jobs)]
        looks = [_look(name, marks.get((name, "")), looked) for name in names]
        runs = store.claim(looks, owner="us", host="here", now=now)
        for first in range(0, len(runs), BATCH):
            begun = [Begun(run=run.id) for run in runs[first : first + BATCH]]
            started = store.start(begun, owner="us", host="here", now=now)
            ended = Outcome(state=State.SUCCESS, finished_at=now, exit_code=0, duration=timedelta())
            ends = [Ending(run=run.id, attempt=1, outcome=ended) for run in started]
            assert len(store.finish(ends, owner="us")) == len(begun)


def _look(job: str, mark: Mark | None, until: datetime) -> Look:
    """A slot that is due then; none when the job is seen for the first time."""
    since = mark.looked_at if mark else None
    slots = (Start(scheduled_for=until),) if mark else ()
    return Look(job=job, since=since, until=until, next_at=until, schedule="floor", decisions=slots)


def alone(jobs: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of CPU of each step, round by round."""
    taken: dict[str, list[float]] = {}
    with TemporaryDirectory() as folder:
        floor = Floor(folder)
        for number in range(rounds + 1):
            floor.begin_round()
            for name, step in floor.steps().items():
                before = cpu_seconds()
                step(jobs)
                if number:  # the first one makes what the others use again
                    taken.setdefault(name, []).append(cpu_seconds() - before)
        floor.close()
    return taken


def whole(jobs: int, rounds: int) -> list[float]:
    """What a supervisor and its children take for a burst, over what the loop takes after it."""
    ratios = []
    with TemporaryDirectory() as folder:
        file = Path(folder, "lines")
        cron, command = f"*/{burst.PERIOD} * * * * *", f"true; echo >>{file}"
        texts = (f'[jobs.j{n}]\ncron = "{cron}"\ncommand = "{command}"\n' for n in range(jobs))
        stage = Stage(folder, "".join(texts))
        loop = bare.loop(folder)
        stage.wake()
        for _ in range(rounds):
            before = used(stage.supervisor)
            burst.once(stage, file, jobs)
            taken = used(stage.supervisor) - before
            began = cpu_seconds()
            bare.seconds([*loop, str(jobs)])
            ratios.append(taken / (cpu_seconds() - began))
        stage.close()
    return ratios


def used(pid: int) -> float:
    """Seconds of CPU of a process and of the children that it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def measure(jobs: int, rounds: int, *, with_whole: bool) -> dict[str, float]:
    taken = alone(jobs, rounds)
    found: dict[str, float] = {"jobs": jobs, "rounds": rounds}
    found["loop_seconds"] = statistics.median(taken["loop"])
    for name, seconds in taken.items():
        ratios = [one / loop for one, loop in zip(seconds, taken["loop"], strict=True)]
        found[name] = statistics.median(ratios)
    found["floor"] = sum(found.get(name, 0) for name in FLOOR)
    if "cron" in found:
        found["floor_over_cron"] = found["floor"] / found["cron"]
    if with_whole:
        found["whole"] = statistics.median(whole(jobs, rounds))
    return found | {"limit": burst.LIMIT, "load_average": os.getloadavg()[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without-whole", action="store_true", help="only the steps alone")
    options = parser.parse_args()
    found = measure(options.jobs, options.rounds, with_whole=not options.without_whole)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:16} {value:10.2f}")
    sys.exit(found["floor"] > found["limit"])


if __name__ == "__main__":
    main()
