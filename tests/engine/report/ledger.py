"""A ledger with a past, as the views of an operator find it."""

from datetime import timedelta

from jobrunner.model.decision import Look, Start
from jobrunner.model.run import Outcome, State, Trigger
from jobrunner.schedule.compose import compose
from jobrunner.schedule.identity import fingerprint
from jobrunner.store.value import Ending, Launch, NewRun
from tests.build import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def seen(store, job, at=NOON - DAY):
    """A first look at a job, as a tick takes it."""
    next_at = compose(job, at).next_after(at)
    look = Look(job=job.name, since=None, until=at, next_at=next_at, schedule=fingerprint(job))
    store.claim([look], owner="me", host="web-1", now=at)


def slot(store, job, at, since):
    """Claim one slot of a job that was looked at before."""
    look = Look(
        job=job.name,
        since=since,
        until=at,
        next_at=compose(job, at).next_after(at),
        schedule=fingerprint(job),
        decisions=(Start(at),),
    )
    return store.claim([look], owner="me", host="web-1", now=at)[0]


def queued(store, name, at=NOON):
    new = NewRun(job=name, trigger=Trigger.MANUAL, asked_by="deploy")
    return store.add(new, owner="me", host="web-1", now=at)


def started(store, run, at):
    return store.start([Launch(run=run.id)], owner="me", host="web-1", now=at)[0]


def ended(store, run, state, at, *, took=MINUTE, retry_at=None, **measured):
    outcome = Outcome(state=state, finished_at=at, duration=took, **measured)
    ending = Ending(run=run.id, attempt=run.attempts, outcome=outcome, retry_at=retry_at)
    store.finish([ending], owner="me")


def ran(store, name, state, at=NOON - HOUR, took=MINUTE, **measured):
    """A whole run by hand that ended at `at`."""
    run = started(store, queued(store, name, at - took), at - took)
    ended(store, run, state, at, took=took, **measured)
    return run


def failed(store, name, times=1, at=NOON - HOUR):
    for number in range(times):
        ran(store, name, State.FAILED, at - (times - 1 - number) * HOUR, exit_code=1)
