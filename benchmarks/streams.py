"""What open streams cost a server: memory for each, and processor time while nothing happens.

    python benchmarks/streams.py [--json] [--streams 200] [--seconds 10]

Exits with 1 if a stream takes more than 1 MiB, or all of them together more than a twentieth of a
processor.  The server is a process of its own; half of the streams are news, half follow the log of
a run that goes on.  The ratio is to the memory of the server before them.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

import uvicorn

from jobrunner.clock import SystemClock
from jobrunner.engine.access import token
from jobrunner.jobfile.place import Asker
from jobrunner.model.access import Role
from jobrunner.model.run import Trigger
from jobrunner.store.value import Launch, NewRun
from jobrunner.web.app import build
from jobrunner.web.site import Site

MOST_MIB = 1.0
MOST_SHARE = 0.05
JOBS = '[jobs.quiet]\ncommand = "true"\n'


def serve(folder, told):
    """Serve a site with one run that goes on, until the process is ended."""
    path = Path(folder) / "jobs.toml"
    path.write_text(JOBS)
    clock = SystemClock()
    site = Site(str(path), Asker(environ={"HOME": folder}, cwd=folder, uid=os.geteuid()), clock)
    with site.open() as (scene, _):
        now = clock.now()
        secret = token.create(scene.store, "bench", Role.VIEWER, by="bench", now=now)[1]
        run = scene.store.add(
            NewRun(job="quiet", trigger=Trigger.MANUAL), owner="me", host="h", now=now
        )
        scene.store.start([Launch(run=run.id)], owner="me", host="h", now=now)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    told.put((os.getpid(), listener.getsockname()[1], secret, run.id))
    config = uvicorn.Config(build(site), log_config=None, lifespan="off", loop="asyncio")
    uvicorn.Server(config).run(sockets=[listener])


def memory(pid):
    """The MiB that a process would give back if it ended."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def seconds(pid):
    """The processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def listen(port, secret, path):
    """Open a stream and wait for its first bytes; it stays open with what is returned."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n\r\n"
    writer.write(request.encode())
    first = await reader.readuntil(b"retry:")
    assert b" 200 " in first.splitlines()[0], first
    return reader, writer


async def observe(server, count, length):
    pid, port, secret, run = server
    paths = ("/api/v1/events", f"/api/v1/runs/{run}/log/stream")
    held = [await listen(port, secret, path) for path in paths]  # what is loaded once is loaded
    await asyncio.sleep(2)
    before = memory(pid)
    held += [await listen(port, secret, paths[number % 2]) for number in range(count)]
    await asyncio.sleep(2)
    after, began, at = memory(pid), seconds(pid), time.perf_counter()
    await asyncio.sleep(length)
    share = (seconds(pid) - began) / (time.perf_counter() - at)
    for _, writer in held:
        writer.close()
    return before, after, share


def measure(count, length):
    spawn = multiprocessing.get_context("spawn")
    told = spawn.Queue()
    with tempfile.TemporaryDirectory() as folder:
        server = spawn.Process(target=serve, args=(folder, told))
        server.start()
        try:
            found = asyncio.run(observe(told.get(timeout=60), count, length))
        finally:
            server.terminate()
            server.join()
    before, after, share = found
    return {
        "streams": count,
        "server_mib": before,
        "with_streams_mib": after,
        "ratio": after / before,
        "mib_a_stream": (after - before) / count,
        "limit_mib_a_stream": MOST_MIB,
        "processor_share": share,
        "limit_processor_share": MOST_SHARE,
    }


def is_well(found):
    return found["mib_a_stream"] <= MOST_MIB and found["processor_share"] <= MOST_SHARE


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    found = measure(options.streams, options.seconds)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:24} {value:10.3f}")
    sys.exit(not is_well(found))


if __name__ == "__main__":
    main()
