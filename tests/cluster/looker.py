"""A host that looks once at many jobs whose slot has come, and takes what it gets.

    python -m tests.cluster.looker FOLDER HOST URL JOBS MINUTE [die]

It says "ready" and waits for a line; then it writes the names of the jobs that it is to start, one
a line.  With `die` it is killed before its ledger knows of any.
"""

import os
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path

from jobrunner.engine.agenda import looks
from jobrunner.model.run import State
from jobrunner.model.settings import Settings
from jobrunner.model.value import Secret
from tests.build import make_job
from tests.engine.workplace import a_post

MINUTE = timedelta(minutes=1)


def main(folder: str, host: str, url: str, count: str, minute: str, *, dies: bool) -> None:
    at = datetime.fromisoformat(minute)
    jobs = [make_job(name=f"job{number:04}", every=MINUTE) for number in range(int(count))]
    settings = Settings(claims=Secret(url))
    with a_post(Path(folder), *jobs, host=host, settings=settings) as post:
        _look(post, looks(post.jobs, {}, {}, at - MINUTE / 2), at - MINUTE / 2)
        _say("ready")
        sys.stdin.readline()
        now = at + MINUTE / 60
        due = looks(post.jobs, post.store.marks(), {}, now)
        wanted = post.claims.settle(due, post.config)
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        for run in _look(post, wanted, now):
            if run.state is State.QUEUED:
                _say(run.job)


def _say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _look(post, found, now):
    return post.store.claim(found, owner=post.owner, host=post.ground.host, now=now)


if __name__ == "__main__":
    main(*sys.argv[1:6], dies=sys.argv[6:] == ["die"])
