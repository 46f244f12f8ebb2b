"""A thousand jobs and a million runs: the pages of every day, and the lists of the API.

    python benchmarks/pages.py [--json] [--jobs 1000] [--runs 1000000] [--rounds 5] [--keep FOLDER]

Exits with 1 if the first byte of a page takes more than 150 ms or the overview more than 60 KB
packed, or a list of the API more than 100 ms.  Times are the processor's, so that others on the
machine count for nothing, and the median of some rounds, in each of which everything is asked for
once, after one that counts for nothing; the ratio is to `/healthz`, which asks nobody anything.
What is kept for a minute is found out in that first round, which is told beside.  With --keep the
ledger is made once in that folder and used again.
"""

import argparse
import gzip
import json
import os
import sys
import tempfile
import time
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from statistics import median

from queries import NOW, SPAN, fill
from starlette.testclient import TestClient

from jobrunner.engine.access import token
from jobrunner.jobfile.place import Asker
from jobrunner.model.access import Role
from jobrunner.model.decision import Look
from jobrunner.schedule.compose import compose
from jobrunner.schedule.identity import fingerprint
from jobrunner.web.app import build
from jobrunner.web.site import Site

PAGE_MS = 150
PAGE_KB = 60
LIST_MS = 100
JOB = """
[jobs.job{number:05}]
description = "Number {number} of many"
tags = ["all", "t{tag}"]
cron = "{minute} {hour} * * *"
command = "run-number-{number} --all"
"""
NOTHING = "/healthz"
PAGE = "/"
PAGES = (
    PAGE,
    "/jobs/job00007",
    "/runs",
    "/runs/{newest}",
    "/calendar",
    "/stats",
    "/load",
    "/gaps",
    "/alerts",
)
LISTS = (
    "/api/v1/status",
    "/api/v1/jobs",
    "/api/v1/jobs?limit=500",
    "/api/v1/jobs?status=failing",
    "/api/v1/jobs?sort=last",
    "/api/v1/jobs/job00007/next?count=100",
    "/api/v1/runs",
    "/api/v1/runs?limit=500",
    "/api/v1/runs?state=failed&limit=100",
    "/api/v1/runs?state=timeout",
    "/api/v1/runs?trigger=manual",
    "/api/v1/runs?tag=t3",
    "/api/v1/runs?tag=all&state=failed",
    "/api/v1/runs?job=job00007&state=failed",
    "/api/v1/next",
    "/api/v1/gaps",
    "/api/v1/stats",
    "/api/v1/load",
    "/api/v1/alerts",
    "/api/v1/jobs/job00007",
)
# Everything at once: told, and held to nothing.
WHOLE = ("/api/v1/stats?limit=500", "/?q=t3", "/metrics")


class StillClock:
    """The moment that the ledger ends at; what it takes is measured elsewhere."""

    def now(self):
        return NOW

    def elapsed(self):
        return 0.0

    def sleep(self, seconds):
        raise AssertionError(seconds)


def text(jobs):
    declared = (
        JOB.format(number=number, tag=number % 10, minute=number % 60, hour=number % 24)
        for number in range(jobs)
    )
    return "".join(declared)


def prepare(folder, jobs, runs):
    """A site, and a client with a token; a ledger that is there from before is used again."""
    path = Path(folder) / "jobs.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    is_there = path.exists()
    path.write_text(text(jobs))
    asker = Asker(environ={"HOME": folder}, cwd=folder, uid=os.geteuid())
    site = Site(str(path), asker, StillClock())
    with site.open() as (scene, _):
        store = scene.store
        name = f"bench{os.getpid()}"
        secret = token.create(store, name, Role.VIEWER, by="bench", now=NOW)[1]
        if not is_there:
            furnish(scene, jobs, runs)
    headers = {"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"}
    return TestClient(build(site), base_url="http://localhost:8787", headers=headers)


def furnish(scene, jobs, runs):
    """The past of a quarter: runs, looks up to a moment ago, and a tick."""
    store = scene.store
    fill(scene.state.ledger, runs, jobs)
    for since, until in ((None, NOW - SPAN), (NOW - SPAN, NOW - timedelta(seconds=30))):
        looks = [look(job, since, until) for job in scene.config.jobs.values()]
        store.claim(looks, owner="me", host="web-1", now=until)
    store.note_tick("web-1", NOW - timedelta(seconds=30), timedelta(minutes=2))
    store.checkpoint()


def look(job, since, until):
    """A look at a job that finds nothing to do: its runs are there already."""
    following = compose(job, until).next_after(until)
    return Look(
        job=job.name, since=since, until=until, next_at=following, schedule=fingerprint(job)
    )


def milliseconds(client, path):
    """The processor time of one answer, and what it is."""
    kind = "*/*" if path.startswith(("/api/", "/metrics")) else "text/html"
    began = time.process_time()
    answer = client.get(path, headers={"Accept": kind})
    took = 1000 * (time.process_time() - began)
    assert answer.status_code == HTTPStatus.OK, (path, answer.text)
    return took, answer


def rounds_of(client, paths, rounds):
    """How long each answer took at first, and then by the median."""
    first = {path: milliseconds(client, path)[0] for path in paths}
    took = [{path: milliseconds(client, path)[0] for path in paths} for _ in range(rounds)]
    return first, {path: median(each[path] for each in took) for path in paths}


def measure(options):
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or temporary
        client = prepare(folder, options.jobs, options.runs)
        newest = client.get("/api/v1/runs?limit=1").json()["items"][0]["id"]
        pages = [path.format(newest=newest) for path in PAGES]
        first, took = rounds_of(client, [NOTHING, *pages, *LISTS, *WHOLE], options.rounds)
        overview = milliseconds(client, PAGE)[1].content
    return {
        "jobs": options.jobs,
        "runs": options.runs,
        "bare_ms": took[NOTHING],
        "page_kb": len(gzip.compress(overview, 6)) / 1000,
        "page_limit_kb": PAGE_KB,
        "page_limit_ms": PAGE_MS,
        "list_limit_ms": LIST_MS,
        "page_ms": {path: took[path] for path in pages},
        "list_ms": {path: took[path] for path in LISTS},
        "whole_ms": {path: took[path] for path in WHOLE},
        "first_ms": first,
    }


def is_well(found):
    return (
        max(found["page_ms"].values()) <= PAGE_MS
        and found["page_kb"] <= PAGE_KB
        and max(found["list_ms"].values()) <= LIST_MS
    )


def show(found):
    for name, value in found.items():
        if isinstance(value, int | float):
            print(f"{name:40} {value:11.2f}")
    limits = {"page_ms": f"at most {PAGE_MS}", "list_ms": f"at most {LIST_MS}"}
    for kind in ("page_ms", "list_ms", "whole_ms"):
        for path, took in found[kind].items():
            ratio, first = took / found["bare_ms"], found["first_ms"][path]
            told = f"{ratio:6.1f} x a bare answer, {first:8.2f} ms at first"
            print(f"{path:40} {took:8.2f} ms, {limits.get(kind, 'no limit')}; {told}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", metavar="FOLDER", help="where the ledger is made, and stays")
    options = parser.parse_args()
    found = measure(options)
    print(json.dumps(found)) if options.json else show(found)
    sys.exit(not is_well(found))


if __name__ == "__main__":
    main()
