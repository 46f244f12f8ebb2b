"""Slots over many hosts: how many a second one PostgreSQL carries, how late, at what cost.

    python benchmarks/cluster.py [--json] [--tasks 1000] [--hosts 1 2 4] [--rate 40] [--seconds 10]
                                 [--peers [NAME ...]]

Real processes: each job is a small program that says itself when it began.  At full load all tasks
come due at one second; `per_second` is how many begin in a second until the last one has.  At a
tenth of that so many jobs (`--rate`) have a slot each second.  With `--peers` the schedulers of
`cluster_peers.py` get the same tasks in the same run.  Exits with 1 over a limit.
"""

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from cluster_peers import figures, measure, shown
from parts import rival
from parts.database import Server, serving
from parts.fleet import Fleet
from parts.stage import pause, until
from parts.witness import Seen, witness

LEAST = 400.0  # slots a second, by the best number of hosts
LATEST = 1.0  # seconds of p99 at a tenth of that, by every number of hosts
AHEAD = 4.0  # seconds until the first slot, so that every host has read its jobs by then
PATIENCE = 60.0
COUNTED = "pg_stat_statements"
JOB = """
[jobs.j{number}]
command = ["{program}", "{file}"]
cron = "* * * * * *"
start = {first}
end = {last}
overlap = "allow"
max_instances = 1000
"""


def jobs(count: int, seconds: int, program: str, file: Path) -> tuple[str, float]:
    """Jobs that all have a slot each second for so long, and the first of these."""
    first = time.time() // 1 + AHEAD
    given = {
        "program": program,
        "file": file,
        "first": datetime.fromtimestamp(first, UTC).isoformat(),
        "last": datetime.fromtimestamp(first + seconds - 1, UTC).isoformat(),
    }
    return "".join(JOB.format(number=number, **given) for number in range(count)), first


def statements(server: Server) -> int:
    """How many the server has been asked; 0 where nobody counts."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        try:
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {COUNTED}")
            return connection.execute(f"SELECT sum(calls)::bigint FROM {COUNTED}").fetchone()[0]
        except psycopg.Error:
            return 0


def once(hosts: int, count: int, seconds: int) -> dict[str, float]:
    """The figures of so many jobs with so many slots each."""
    tasks = count * seconds
    settings = [f"shared_preload_libraries={COUNTED}", f"{COUNTED}.track=top"]
    with TemporaryDirectory() as folder, serving(settings=settings) as server:
        file = Path(folder, "lines")
        file.touch()
        fleet = Fleet(folder, server.url, hosts)
        text, first = jobs(count, seconds, witness(folder), file)
        fleet.write(text)
        fleet.wake()
        pause(first - time.time() - 1.0)
        cpu, own, whole = server.cpu(), fleet.cpu(), fleet.cpu(ended=True)
        calls = statements(server)
        seen, deadline = Seen(file, first), first + seconds + PATIENCE
        while len(seen.delays()) < tasks and time.time() < deadline:
            pause(0.2)
        until(lambda: not fleet.store.live(), step=0.2)
        used = server.cpu() - cpu
        delays = seen.delays()
        found = figures([*delays.values()], tasks, seen.doubled(), used)
        supervisors, both = fleet.cpu() - own, fleet.cpu(ended=True) - whole
        found["supervisor_ms"] = 1000 * supervisors / tasks
        found["commands_ms"] = 1000 * (both - supervisors) / tasks
        found["statements"] = (statements(server) - calls) / tasks
        fleet.close()
    return found


def ours(hosts: list[int], tasks: int, rate: int, seconds: int) -> dict[str, dict[str, float]]:
    found = {}
    for count in hosts:
        name = f"jobrunner, {count} host{'s' * (count > 1)}"
        found[name] = once(count, tasks, 1)
        tenth = once(count, rate, seconds)
        del tenth["per_second"]  # it is as many as there are
        found[f"{name}, a tenth"] = tenth
    return found


def is_well(found: dict[str, object]) -> bool:
    each = {name: values for name, values in found.items() if name.startswith("jobrunner")}
    tenth = [values for name, values in each.items() if name.endswith("tenth")]
    return (
        max(values.get("per_second", 0) for values in each.values()) >= LEAST
        and max(values["p99"] for values in tenth) < LATEST
        and all(values["lost"] + values["doubled"] == 0 for values in each.values())
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--hosts", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--rate", type=int, default=40)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--peers", nargs="*", choices=[*rival.RIVALS])
    options = parser.parse_args()
    found: dict[str, object] = {"limit": LEAST, "limit_p99": LATEST}
    found |= ours(options.hosts, options.tasks, options.rate, options.seconds)
    if options.peers is not None:
        peers = measure(options.peers or [*rival.RIVALS], options.tasks, options.hosts)
        found |= {name: values for name, values in peers.items() if isinstance(values, dict)}
    found["load_average"] = os.getloadavg()[0]
    if options.json:
        print(json.dumps(found))
    else:
        shown(found)
    sys.exit(not is_well(found))


if __name__ == "__main__":
    main()
