"""One of many hosts that claim the same slots, take runs from one queue, and end them.

    python -m tests.store.takers LOCATION NAME ROUNDS

It waits for a line on its standard input before it begins, and tells what it did as JSON.
"""

import json
import sys
from collections import Counter
from contextlib import closing
from datetime import timedelta
from random import Random

from jobrunner.errors import StoreError
from jobrunner.model.decision import Look, Route, Start
from jobrunner.model.run import Outcome, State
from jobrunner.store import open_store
from jobrunner.store.fleet import Beat
from jobrunner.store.value import Ending, Launch
from tests.build import NOON

MINUTE = timedelta(minutes=1)
JOBS = tuple(f"job{number}" for number in range(12))
MOST_ATTEMPTS = 3


def looks(number):
    until = NOON + number * MINUTE
    return [
        Look(
            job=job,
            since=until - MINUTE if number else None,
            until=until,
            next_at=until + MINUTE,
            schedule="*",
            decisions=(Start(until),) if number else (),
            route=Route(),
        )
        for job in JOBS
    ]


class Taker:
    """A host with little room that works off what it takes."""

    def __init__(self, store, name):
        self.store, self.name = store, name
        self.chance = Random(name)
        self.did = Counter()
        self.worker = store.beat(Beat(host=name, owner=name, boot="b")).worker

    def go(self, rounds):
        for number in range(rounds):
            self.did["won"] += len(
                self.store.claim(looks(number), owner=self.name, host=self.name, now=NOON)
            )
            self.work()
            self.stop_one()
            if number % 5 == 4:
                self.did["healed"] += self.store.heal()
        while self.work():
            pass

    def work(self):
        """Take some runs and go on with each in one of the ways in which runs go on."""
        taken = self.store.take_runs([""], 7, owner=self.name, host=self.name, worker=self.worker)
        starting = []
        for run in (each.run for each in taken):
            way = self.chance.random()
            if way < 0.1:
                self.did["let go"] += self.store.let_go(run.id, owner=self.name)
            elif way < 0.2:
                self.stop(run)
            else:
                starting.append(Launch(run=run.id))
        started = self.store.start(starting, owner=self.name, host=self.name, now=NOON)
        self.did["started"] += len(started)
        self.chance.shuffle(started)
        done = self.store.finish([self.ending(run) for run in started], owner=self.name)
        self.did["ended"] += len(done)
        return taken

    def ending(self, run):
        again = run.attempts < MOST_ATTEMPTS and self.chance.random() < 0.4
        state = State.FAILED if again else State.SUCCESS
        outcome = Outcome(state=state, finished_at=NOON, duration=MINUTE)
        retry_at = NOON if again else None
        return Ending(run=run.id, attempt=run.attempts, outcome=outcome, retry_at=retry_at)

    def stop_one(self):
        """Stop a run that waits for whoever takes it, while others take it."""
        waiting = [run for run in self.store.live() if not run.owner]
        if waiting:
            self.stop(self.chance.choice(waiting[:3]))

    def stop(self, run):
        ended = self.store.withdraw(run.id, State.STOPPED, "x", owner=self.name, now=NOON)
        self.did["stopped"] += ended is not None


def main():
    location, name, rounds = sys.argv[1:]
    with closing(open_store(location)) as store:
        taker = Taker(store, name)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        error = ""
        try:
            taker.go(int(rounds))
        except StoreError as found:
            error = repr(found)
    sys.stdout.write(json.dumps({"did": taker.did, "error": error}))


if __name__ == "__main__":
    main()
