"""One of many that all do the same to a ledger at once, and what each of them saw.

    python -m tests.store.rivals LOCATION NAME ROUNDS

It waits for a line on its standard input before it begins, and tells what it did as JSON.
"""

import json
import sys
from collections import Counter
from contextlib import closing
from datetime import timedelta
from random import Random

from jobrunner.clock import SystemClock
from jobrunner.errors import StoreError
from jobrunner.model.access import Role
from jobrunner.model.breaker import Breaker
from jobrunner.model.decision import Look, Omit, Start
from jobrunner.model.letter import Alarm, Letter, Told
from jobrunner.model.run import Outcome, State, Trigger
from jobrunner.store import open_store
from jobrunner.store.value import Ending, Keep, Launch, NewRun, Request, Retention, Turn
from tests.build import NOON

MINUTE = timedelta(minutes=1)
JOBS = tuple(f"job{number}" for number in range(8))
ALL = Keep(age=timedelta(days=9999), runs=10**6)
KEEP = Retention(usual=ALL, jobs={"chaff": Keep(age=timedelta(days=9999), runs=5)})


def left_out(slot):
    return Omit(state=State.SKIPPED, first=slot, last=slot, count=1, reason="busy")


def looks(number):
    """What everybody sees in a round: a slot of each job, and one that is left out."""
    until = NOON + 2 * number * MINUTE
    slots = (Start(until), left_out(until - MINUTE))
    return [
        Look(
            job=job,
            since=until - 2 * MINUTE if number else None,
            until=until,
            next_at=until + 2 * MINUTE,
            schedule="*",
            decisions=slots if number else (),
        )
        for job in JOBS
    ]


def count(alarms):
    """A decision that counts how often it was asked: a decision that is lost is one too few."""
    before = alarms.get("mail", Alarm())
    after = Alarm(failures=before.failures + 1, since=before.since or NOON)
    letter = Letter(channel="mail", event="failure", job="", run=None, text="x", created_at=NOON)
    return Told(letters=(letter,), alarms={"mail": after})


def turn(breaker):
    def decide(before):
        return Breaker(name=before.name, state="closed", failures=before.failures + 1), ()

    return Turn(breaker, decide)


class Rival:
    def __init__(self, store, name):
        self.store, self.name = store, name
        self.chance = Random(name)
        self.did = Counter()

    def go(self, rounds):
        for number in range(rounds):
            self.claim(number)
            self.answer()
            self.others(number)

    def claim(self, number):
        """Take what is left, and end all of it in one batch, in an order of one's own."""
        runs = self.store.claim(looks(number), owner=self.name, host=self.name, now=NOON)
        waiting = [run for run in runs if run.state is State.QUEUED]
        self.did["won"] += len(waiting)
        self.did["omitted"] += len(runs) - len(waiting)
        # Everybody has runs to end at once, of the same jobs.
        for job in self.chance.sample(JOBS, 3):
            run = NewRun(job=job, trigger=Trigger.MANUAL, asked_by="x")
            waiting.append(self.store.add(run, owner=self.name, host="", now=NOON))
        self.did["by hand"] += 3
        self.chance.shuffle(waiting)
        launches = [Launch(run=run.id) for run in waiting]
        started = self.store.start(launches, owner=self.name, host=self.name, now=NOON)
        done = self.store.finish([self.ending(run) for run in started], owner=self.name)
        self.did["ended"] += len(done)

    def ending(self, run):
        state = self.chance.choice([State.FAILED, State.TIMEOUT])
        outcome = Outcome(state=state, finished_at=NOON, duration=MINUTE)
        breaker = self.chance.choice("xyz")
        return Ending(run=run.id, attempt=1, outcome=outcome, heed=count, turn=turn(breaker))

    def answer(self):
        """Everybody asks for a run, and answers whatever is there."""
        asked = Request(kind="run", job="asked", asked_by="x", asked_at=NOON)
        self.store.ask(asked)
        for request in self.store.take(owner=self.name, host=self.name, now=NOON):
            run = NewRun(job="asked", trigger=Trigger.API, asked_by="x", request=request.id)
            self.did["answered"] += bool(self.store.add(run, owner=self.name, host="", now=NOON))

    def others(self, number):
        self.store.tell("*config*", count)
        self.store.note_tick("web-1", NOON + number * MINUTE, timedelta(hours=1))
        self.store.remember({f"{each}": "x" for each in self.chance.sample(range(99), 20)}, NOON)
        key, request = f"{number:064}", "r" * 64
        taken = self.store.take_key(key, request, since=NOON - MINUTE, now=NOON)
        self.did["keys"] += taken is None
        if taken is None and self.chance.random() < 0.3:
            self.store.free_key(key)
            self.did["freed"] += 1
        self.enter(number)
        self.litter()
        if number % 5 == 4:
            self.did["pruned"] += sum(step.removed for step in self.prune())

    def prune(self):
        return self.store.prune(KEEP, NOON, Hurry())

    def litter(self):
        """Make something that is to be removed again."""
        for _ in range(3):
            new = NewRun(job="chaff", trigger=Trigger.MANUAL, asked_by="x")
            run = self.store.add(new, owner=self.name, host="", now=NOON)
            self.store.withdraw(run.id, State.STOPPED, "x", owner=self.name, now=NOON, heed=count)

    def enter(self, number):
        """One makes a token and others look in with it, until one revokes it."""
        made = self.store.add_token(
            f"t{number}",
            hash=f"{self.name}{number}".rjust(64, "0"),
            prefix="p",
            role=Role.VIEWER,
            jobs=(),
            by="x",
            now=NOON,
            expires_at=None,
        )
        self.did["tokens"] += made is not None
        if token := self.store.token_named(f"t{number}"):
            fresh = f"{self.name}s{number}".rjust(64, "0")
            self.store.begin_session(
                fresh, token.id, now=NOON, expires_at=NOON + MINUTE, address=""
            )
            self.store.used(token.id, NOON, self.name)
        self.did["revoked"] += self.store.revoke(f"t{number}", NOON)


class Hurry(SystemClock):
    """A clock on which nobody rests."""

    def sleep(self, seconds):
        pass


def main():
    location, name, rounds = sys.argv[1:]
    with closing(open_store(location)) as store:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        rival = Rival(store, name)
        error = ""
        try:
            rival.go(int(rounds))
        except StoreError as found:
            error = repr(found)
    sys.stdout.write(json.dumps({"did": rival.did, "error": error}))


if __name__ == "__main__":
    main()
