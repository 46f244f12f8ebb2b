"""Memory that jobs take while they run: ours alone, a job, the supervisor's and the keepers'.

    python benchmarks/memory.py [--json] [--jobs 100] [--peers [cronie ...]]

Proportional set size (PSS) of the supervisor and of its children, not of what the jobs execute; the
ratio is to a Python that does nothing.  With `--peers` the same is told of other schedulers: all
of their processes that are not a job's.  Exits with 1 over the limit.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from parts import peer
from parts.stage import Stage, pause, until

LIMIT = 0.3  # MiB a running job
MIB = 1024  # KiB
NAP = "600"
PEER_PATIENCE = 180.0  # seconds: cron begins at the next minute, and then one after the other
SETTLED = 3  # seconds until a scheduler has forgotten what it needed for the start


def pss(pid: int) -> int:
    """KiB; what is shared counts in parts."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def below(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from below(int(child))


def is_job(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").read_bytes() == f"sleep\0{NAP}\0".encode()


def taken(pid: int, jobs: int, patience: float = 120.0) -> float:
    """MiB a job, of all processes from this one on that are no job's."""
    until(lambda: sum(map(is_job, below(pid))) >= jobs, step=0.2, patience=patience)
    pause(SETTLED)
    return sum(pss(each) for each in below(pid) if not is_job(each)) / MIB / jobs


def ours(jobs: int) -> tuple[float, float]:
    """MiB a job, and of the supervisor alone."""
    line = f'command = ["sleep", "{NAP}"]\n'
    names = [f"j{n}" for n in range(jobs)]
    with TemporaryDirectory() as folder:
        stage = Stage(folder, "".join(f"[jobs.{name}]\n{line}" for name in names))
        stage.wake()
        stage.run(names)
        found = taken(stage.supervisor, jobs)
        alone = pss(stage.supervisor) / MIB
        sleeping = [each for each in below(stage.supervisor) if is_job(each)]
        stage.close()
    end(sleeping)
    return found, alone


def theirs(name: str, jobs: int) -> float | None:
    """The same of another scheduler; None if it cannot be had."""
    with (
        TemporaryDirectory() as folder,
        peer.running(name, folder, [f"exec sleep {NAP}"] * jobs) as pid,
    ):
        if pid is None:
            return None
        found = taken(pid, jobs, PEER_PATIENCE)
        end([each for each in below(pid) if is_job(each)])
        return found


def end(pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, 15)


def bare() -> float:
    """MiB of a Python that does nothing."""
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as python:
        python.stdout.readline()
        return pss(python.pid) / MIB


def measure(jobs: int, peers: list[str]) -> dict[str, object]:
    found, alone = ours(jobs)
    python = bare()
    others = {f"{name}_mib": theirs(name, jobs) for name in peers}
    return {
        "jobs": jobs,
        "mib_a_job": found,
        "limit": LIMIT,
        "supervisor_mib": alone,
        "keeper_mib": found - alone / jobs,
        "python_mib": python,
        "supervisor_over_python": alone / python,
        **{name: mib for name, mib in others.items() if mib is not None},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--peers", nargs="*", choices=peer.NAMES)
    options = parser.parse_args()
    peers = [] if options.peers is None else options.peers or list(peer.NAMES)
    found = measure(options.jobs, peers)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:24} {value:8.2f}")
    sys.exit(found["mib_a_job"] > LIMIT)


if __name__ == "__main__":
    main()
