"""What a run waits for."""

from datetime import timedelta

import pytest

from jobrunner.engine.past.wait import waits
from jobrunner.model.run import State
from jobrunner.model.settings import Config, Settings
from jobrunner.model.value import Duration
from tests.build import NOON, make_job, make_run
from tests.store.life import HOUR

LOCKED = make_job(lock="db")
OTHER = make_job(name="other", lock="db", pool="cpu")
POOLED = make_job(pool="cpu")
WAITING = make_run(id=9)


def told(job, *others, now=NOON, run=WAITING, **settings):
    jobs = {"backup": job, "other": OTHER}
    config = Config(origin="x", jobs=jobs, pools={"cpu": 1}, settings=Settings(**settings))
    return waits(run, job, [run, *others], config, now)


def busy(job="other", state=State.RUNNING, **changes):
    return make_run(id=1, job=job, state=state, **changes)


@pytest.mark.parametrize(
    ("job", "other", "words"),
    [
        (LOCKED, busy(), 'lock "db", held by other #1'),
        (POOLED, busy(), 'a place in pool "cpu": 1 of 1 are taken'),
        (make_job(), busy("backup"), "#1 of the same job, which is running"),
        (make_job(), busy("backup", State.RETRYING), "#1 of the same job, which is retrying"),
        (LOCKED, busy(state=State.RETRYING), "the next tick to start it"),
        (make_job(), busy(), "the next tick to start it"),
    ],
)
def test_what_stands_in_the_way_is_named(job, other, words):
    assert told(job, other) == [words]


def test_a_full_host_is_told_with_its_bound():
    words = "a place on the host: 1 of max_parallel = 1 are taken"
    assert told(make_job(), busy(), max_parallel=1) == [words]
    assert told(make_job(), busy(), max_parallel=0) == ["the next tick to start it"]


def test_all_that_stands_in_the_way_is_named():
    assert len(told(make_job(lock="db", pool="cpu"), busy(), max_parallel=1)) == 3


def test_an_attempt_that_is_to_come_is_waited_for_first():
    run = make_run(id=9, state=State.RETRYING, next_attempt_at=NOON + HOUR)
    assert told(LOCKED, busy(), run=run) == ["its next attempt: Fri 2026-11-20 13:00 UTC"]


def test_jitter_is_waited_for():
    job = make_job(jitter=Duration(days=9))
    (words,) = told(job, now=NOON + timedelta(microseconds=1))
    assert words.startswith("its time: ")
