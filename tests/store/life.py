"""Runs at every stage of their life, for tests of the ledger."""

from datetime import timedelta

from jobrunner.model.decision import Look, Start
from jobrunner.model.run import Outcome, State, Trigger
from jobrunner.store.value import Ending, Launch, NewRun, Request
from tests.build import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def look(*decisions, since=NOON, until=NOON + HOUR, **changes):
    values = {"job": "backup", "next_at": None, "schedule": "hourly", "definition": "v1"}
    return Look(since=since, until=until, decisions=decisions, **(values | changes))


def first_look(job, at=NOON, **changes):
    return look(since=None, until=at, job=job, **changes)


def seen(store, job, at=NOON):
    store.claim([first_look(job, at)], owner="me", host="", now=at)


def by_hand(job="backup", **changes):
    return NewRun(job=job, trigger=Trigger.MANUAL, asked_by="deploy", **changes)


def queue(store, job="backup", now=NOON, host="web-1", **changes):
    return store.add(by_hand(job, **changes), owner="me", host=host, now=now)


def running(store, job="backup", now=NOON, output=""):
    run = queue(store, job, now)
    launch = Launch(run=run.id, definition="v1", output=output)
    return store.start([launch], owner="me", host="web-1", now=now)[0]


def ending(run, state, at=NOON + HOUR, retry_at=None, **measured):
    outcome = Outcome(state=state, finished_at=at, **measured)
    return Ending(run=run.id, attempt=1, outcome=outcome, retry_at=retry_at)


def end(store, run, state, at=NOON + HOUR):
    return store.finish([ending(run, state, at, duration=MINUTE)], owner="me")[run.id]


def ended(store, state, *, job="backup", now=NOON, at=NOON + HOUR, output=""):
    return end(store, running(store, job, now, output), state, at)


def ask(store, **changes):
    values = {"kind": "run", "job": "backup", "asked_by": "deploy", "asked_at": NOON}
    return store.ask(Request(**(values | changes)))


def history(store, slots):
    """That many slots of one job, every other one ended, in three transactions."""
    seen(store, "backup")
    starts = [Start(NOON + number * MINUTE) for number in range(1, slots + 1)]
    runs = store.claim(
        [look(*starts, until=NOON + slots * MINUTE)], owner="me", host="web-1", now=NOON
    )
    store.start([Launch(run=run.id) for run in runs], owner="me", host="web-1", now=NOON)
    took = timedelta(seconds=60.5)
    store.finish([ending(run, State.SUCCESS, duration=took) for run in runs[::2]], owner="me")
