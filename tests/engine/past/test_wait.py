"""What a run waits for."""

from datetime import timedelta

import pytest

from jobrunner.engine.past.wait import waits
from jobrunner.engine.report.host import HostRow
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


def host(name, **changes):
    values = {
        "name": name,
        "state": "alive",
        "running": 0,
        "waiting": 0,
        "capacity": 2,
        "labels": (),
        "version": "1",
        "config": "c",
        "config_version": None,
        "agrees": True,
        "skew_seconds": 0.0,
        "first_seen_at": NOON,
        "last_beat_at": NOON,
        "last_tick_at": NOON,
        "left_at": None,
        "drained_at": None,
        "drained_by": "",
    }
    return HostRow(**(values | changes))


def shared(job, *hosts, others=(), run=WAITING):
    config = Config(origin="x", jobs={"backup": job, "other": OTHER}, pools={"cpu": 1})
    return waits(run, job, [run, *others], config, NOON, hosts=hosts)


@pytest.mark.parametrize(
    ("keys", "hosts", "words"),
    [
        ({}, [host("web-1")], "a host to take it"),
        ({"hosts": ("db-*",)}, [host("web-1")], "a host that fits: db-*"),
        ({"labels": ("gpu",)}, [host("web-1")], "a host that fits: any host with gpu"),
        ({"labels": ("gpu",)}, [host("web-1", labels=("gpu",))], "a host to take it"),
        (
            {},
            [host("web-1", state="silent"), host("web-2", state="drained")],
            "a host that fits and is awake: web-1 is silent and web-2 is drained",
        ),
        ({}, [host("web-1", running=2)], "a place on a host that fits: web-1 runs 2 of 2"),
        ({}, [host("web-1", running=2), host("web-2", running=1)], "a host to take it"),
        ({"hosts": ("web-1",)}, [host("web-1", running=2), host("web-2")], "web-1 runs 2 of 2"),
    ],
)
def test_of_many_hosts_it_is_told_which_could_take_it(keys, hosts, words):
    (found,) = shared(make_job(**keys), *hosts)
    assert words in found


def test_the_runs_of_all_hosts_fill_no_single_one():
    many = [busy(place="", host=f"web-{number}") for number in range(200)]
    assert shared(make_job(), host("web-1"), others=many) == ["a host to take it"]


def test_what_a_host_has_taken_waits_for_that_host():
    taken = make_run(id=9, owner="web-1/a/1/1", host="web-1")
    assert shared(make_job(hosts=("db-1",)), host("web-1"), run=taken) == [
        "the next tick to start it"
    ]


def test_a_run_of_another_host_is_not_waited_for_where_each_has_its_own():
    job, theirs = make_job(on="every"), busy("backup", place="web-2")
    ours = make_run(id=9, owner="web-1/a/1/1", place="web-1")
    assert shared(job, host("web-1"), others=[theirs], run=ours) == ["the next tick to start it"]
    here = busy("backup", place="web-1")
    assert shared(job, host("web-1"), others=[here], run=ours) == [
        "#1 of the same job, which is running"
    ]
