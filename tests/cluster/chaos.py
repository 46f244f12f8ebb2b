"""Everything that can happen to hosts at once, for thousands of slots; then the ledger is judged.

    python -m tests.cluster.chaos [--slots 10000] [--jobs 100] [--hosts 3] [--seed 1] [--json]
                                  [--between SECONDS] [--kinds KIND ...]

Supervisors are killed and frozen, hosts die with all that runs there and come back, are cut off by
silence and by refusal, for less than the lease and for more; their clocks are set, where there is a
faketime; connections are ended by the server, which crashes, too, and is stopped for a while.  Of
the jobs every second one is tried again when it is lost.  Exits with 1 if the ledger is not the
truth.
"""

import argparse
import json
import random
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from msgspec import to_builtins

from benchmarks.parts.database import Server, serving
from jobrunner.errors import StoreError
from jobrunner.model.run import State
from tests.cluster.stage import LEASE, PATIENCE, STEP, Host, Stage, proxies
from tests.cluster.witness import Verdict, judge, judge_lock
from tests.engine.theatre import CLOCK
from tests.services import fresh_database

AHEAD = timedelta(seconds=5)
BETWEEN = 1.5
SHORT, LONG = (0.5, 3.0), (LEASE + 1, LEASE + 4)  # seconds
LIBRARY = "*/faketime/libfaketimeMT.so.1"
CLOCK_FILE = "FAKETIME_TIMESTAMP_FILE"
FAKED = {"FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
RETRIES = 3
DELAY = timedelta(seconds=1)
RETRY = f'retry = {{ attempts = {RETRIES}, delay = "1s", jitter = false, on = ["lost"] }}'
JOB = """
[jobs.j{number}]
command = '''{command}'''
cron = "* * * * * *"
start = {first}
end = {last}
overlap = "allow"
max_instances = 1000
catch_up = "all"
max_catch_up = 1000
{retry}
"""
LOCKED = {"locked-1", "locked-2"}
LOCKED_JOB = """
[jobs.{name}]
command = '''{command}'''
cron = "*/2 * * * * *"
end = {last}
lock = "door"
retry = {{ attempts = 5, delay = "1s", on = ["lost"] }}
"""
Undo = Callable[[], None]


class Chaos:
    """Trouble of one stage."""

    def __init__(self, stage: Stage, server: Server, seed: int, between: float = BETWEEN) -> None:
        """`between` is how many seconds lie between two troubles, on the average."""
        self._between = between
        self._stage = stage
        self._server = server
        self._random = random.Random(seed)
        self._troubled: dict[str, tuple[float, Undo]] = {}  # by host: until when, and what ends it
        self.done: Counter[str] = Counter()
        self.took: dict[str, list[float]] = defaultdict(list)  # seconds until it was overcome
        self._watched: list[tuple[str, float, Callable[[], bool]]] = []
        self._kinds = {
            "supervisor killed": (6, self._kill),
            "supervisor frozen": (3, self._freeze),
            "supervisor frozen past the lease": (1, self._freeze_long),
            "host silent": (3, self._hush),
            "host silent past the lease": (1, self._hush_long),
            "host refused": (3, self._refuse),
            "host dead": (2, self._die),
            "clock set": (3, self._set_clock),
            "connections ended": (4, self._terminate),
            "database crashed": (1, self._crash),
            "database stopped": (1, self._stop),
        }

    def rage(self, until: Callable[[], bool], kinds: Sequence[str] = ()) -> None:
        """One trouble after the other, of these kinds or of all, then none."""
        names = [*(kinds or self._kinds)]
        weights = [self._kinds[name][0] for name in names]
        next_at = CLOCK.elapsed()
        while not until():
            self._tend()
            if CLOCK.elapsed() >= next_at:
                (name,) = self._random.choices(names, weights)
                if self._kinds[name][1](name):
                    self.done[name] += 1
                next_at = CLOCK.elapsed() + self._random.uniform(0, 2 * self._between)
            CLOCK.sleep(STEP)
        self.relent()

    def relent(self) -> None:
        """End every trouble."""
        for _, undo in self._troubled.values():
            undo()
        self._troubled.clear()

    def await_recovery(self) -> None:
        """Wait until all of it is overcome."""
        deadline = CLOCK.elapsed() + 10 * PATIENCE
        while self._watched:
            assert CLOCK.elapsed() < deadline, (self._watched, self._stage.told())
            self._tend()
            CLOCK.sleep(STEP)

    def _tend(self) -> None:
        now = CLOCK.elapsed()
        for name in [name for name, (at, _) in self._troubled.items() if at <= now]:
            self._troubled.pop(name)[1]()
        for each in [*self._watched]:
            kind, at, is_over = each
            if _is_so(is_over):
                self.took[kind].append(CLOCK.elapsed() - at)
                self._watched.remove(each)

    def _host(self) -> Host | None:
        """One that is in no trouble; None if there would be nobody left without any."""
        names = [*self._stage.hosts.keys() - self._troubled.keys()]
        if len(names) < 2 or "" in self._troubled:
            return None
        return self._stage[self._random.choice(sorted(names))]

    def _trouble(self, host: str, span: tuple[float, float], undo: Undo) -> bool:
        self._troubled[host] = CLOCK.elapsed() + self._random.uniform(*span), undo
        return True

    def _watch(self, kind: str, is_over: Callable[[], bool]) -> None:
        self._watched.append((kind, CLOCK.elapsed(), is_over))

    # -- of one host

    def _kill(self, kind: str) -> bool:
        host = self._host()
        if host is None or not host.is_awake():
            return False
        host.kill()
        self._watch(kind, host.is_awake)
        return True

    def _freeze(self, kind: str, span: tuple[float, float] = SHORT) -> bool:
        host = self._host()
        if host is None or not host.supervisors:
            return False
        host.freeze()
        if span is LONG:
            self._watch_takeover(kind, host)
        return self._trouble(host.name, span, host.thaw)

    def _freeze_long(self, kind: str) -> bool:
        return self._freeze(kind, LONG)

    def _hush(self, kind: str, span: tuple[float, float] = SHORT) -> bool:
        host = self._host()
        if host is None:
            return False
        host.way.hush()
        if span is LONG:
            self._watch_takeover(kind, host)
        return self._trouble(host.name, span, host.way.open)

    def _hush_long(self, kind: str) -> bool:
        return self._hush(kind, LONG)

    def _refuse(self, _: str) -> bool:
        host = self._host()
        if host is None:
            return False
        host.way.refuse()
        return self._trouble(host.name, SHORT, host.way.open)

    def _die(self, kind: str) -> bool:
        host = self._host()
        if host is None:
            return False
        host.die()
        self._watch_takeover(kind, host)

        def revive() -> None:
            host.is_down = False

        return self._trouble(host.name, self._random.choice((SHORT, LONG)), revive)

    def _watch_takeover(self, kind: str, host: Host) -> None:
        """Until no attempt that it makes by now goes on."""
        try:
            mine = self._running(host)
        except StoreError:
            return

        def is_over() -> bool:
            return not mine & self._running(host)

        if mine:
            self._watch(kind, is_over)

    def _set_clock(self, _: str) -> bool:
        """Set the clock of a host, in whatever trouble that is."""
        host = self._stage[self._random.choice(sorted(self._stage.hosts))]
        if CLOCK_FILE not in host.environ:
            return False
        by = self._random.choice(("+600", "-600", "+0", "+86400"))
        Path(host.environ[CLOCK_FILE]).write_text(by)
        return True

    def _running(self, host: Host) -> set[tuple[int, int]]:
        """The attempts that go on there, as the ledger has it."""
        live = self._stage.store.live()
        running = [run for run in live if run.state is State.RUNNING and run.host == host.name]
        return {(run.id, run.attempts) for run in running}

    # -- of the database

    def _terminate(self, kind: str) -> bool:
        if "" in self._troubled:
            return False
        with psycopg.connect(self._server.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                " AND random() < 0.7"
            )
        self._watch_starts(kind)
        return True

    def _crash(self, kind: str) -> bool:
        return self._end_server(kind, (0.2, 1.0), at_once=True)

    def _stop(self, kind: str) -> bool:
        return self._end_server(kind, (3.0, 8.0), at_once=False)

    def _end_server(self, kind: str, span: tuple[float, float], *, at_once: bool) -> bool:
        if self._troubled:
            return False
        self._server.stop(at_once=at_once)

        def start() -> None:
            self._server.start()
            self._watch_starts(kind)

        return self._trouble("", span, start)

    def _watch_starts(self, kind: str) -> None:
        """Until another command has begun, wherever."""
        before = len(self._stage.witness.began())
        self._watch(kind, lambda: len(self._stage.witness.began()) > before)


def _is_so(holds: Callable[[], bool]) -> bool:
    try:
        return holds()
    except StoreError:
        return False


def write(stage: Stage, jobs: int, seconds: int) -> datetime:
    """Jobs with a slot each second for so long; the last of these."""
    first = stage.store.clock().replace(microsecond=0) + AHEAD
    last = first + timedelta(seconds=seconds - 1)
    end = last.isoformat()
    works = (":", ":", ":", ":", "sleep 0.3", "sleep 2")
    texts = (
        JOB.format(
            number=number,
            command=stage.witness.command(works[number // 2 % len(works)]),
            first=first.isoformat(),
            last=end,
            retry=RETRY if number % 2 else "",
        )
        for number in range(jobs)
    )
    command = stage.witness.command("sleep 0.2")
    locked = [LOCKED_JOB.format(name=name, command=command, last=end) for name in sorted(LOCKED)]
    stage.write("".join([*texts, *locked]))
    return last


def over(stage: Stage, last: datetime) -> bool:
    """Whether every slot has come and nothing is live."""
    return _is_so(
        lambda: stage.store.clock() > last + timedelta(seconds=1) and not stage.store.live()
    )


def clocks_of(program: Path | None) -> str:
    """The library of faketime; empty if there is none."""
    if program is None:
        return ""
    return next((str(found) for found in Path("/usr/lib").glob(LIBRARY)), "")


@contextmanager
def staged(server: Server, hosts: int, clocks: str = "") -> Iterator[Stage]:
    """So many hosts; each has a clock that can be set, if that library is there."""
    names = [f"web-{number + 1}" for number in range(hosts)]
    with (
        fresh_database(server.url) as url,
        TemporaryDirectory() as folder,
        proxies(url, names) as ways,
    ):
        stage = Stage(Path(folder), url, names, ways=ways)
        for host in stage.hosts.values() if clocks else ():
            host.environ = FAKED | {"LD_PRELOAD": clocks, CLOCK_FILE: f"{host.folder}/clock"}
            Path(host.environ[CLOCK_FILE]).write_text("+0")
        try:
            yield stage
        finally:
            server.start()  # whoever stopped it
            stage.close()


def go_through(
    stage: Stage,
    server: Server,
    *,
    slots: int,
    jobs: int,
    seed: int,
    kinds: Sequence[str] = (),
    between: float = BETWEEN,
) -> tuple[Verdict, Chaos]:
    """Have so many slots come due in trouble; what the judge says of the ledger afterwards."""
    last = write(stage, jobs, -(-slots // jobs))
    stage.start()
    stage.tick()
    chaos = Chaos(stage, server, seed, between)
    chaos.rage(lambda: CLOCK.now() > last, kinds)
    chaos.await_recovery()
    stage.until(lambda: over(stage, last), 10 * PATIENCE)
    lines, every = stage.witness.lines(), stage.runs()
    runs = [run for run in every if run.job not in LOCKED]
    once = {f"j{number}" for number in range(0, jobs, 2)}
    lines_of_slots = [line for line in lines if line.job not in LOCKED]
    verdict = judge(lines_of_slots, runs, last=last, attempts=stage.store.attempts, once=once)
    for run in runs:
        # No attempt begins after the end of a job.
        had_time = run.finished_at is not None and run.finished_at + DELAY <= last
        is_lost = run.state is State.LOST and run.attempts <= RETRIES
        if is_lost and had_time and run.job not in once:
            verdict.lost.append(f"#{run.id} was not tried again: {run.reason}")
    verdict.doubled += judge_lock(lines, every, LOCKED)
    return verdict, chaos


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slots", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--hosts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--between", type=float, default=BETWEEN, help="seconds, on the average")
    parser.add_argument("--kinds", nargs="*", default=[], help='such as "host dead"; all if none')
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    began = CLOCK.elapsed()
    names = ("slots", "jobs", "seed", "kinds", "between")
    given = {name: getattr(options, name) for name in names}
    found = shutil.which("faketime")
    clocks = clocks_of(Path(found) if found else None)
    with serving() as server, staged(server, options.hosts, clocks) as stage:
        verdict, chaos = go_through(stage, server, **given)
    took = {kind: {"times": len(each), "longest": max(each)} for kind, each in chaos.took.items()}
    told = to_builtins(verdict) | {"troubles": chaos.done, "recovery": took}
    told["seconds"] = CLOCK.elapsed() - began
    sys.stdout.write(json.dumps(told, indent=None if options.json else 2) + "\n")
    sys.exit(not verdict.is_well)


if __name__ == "__main__":
    main()
