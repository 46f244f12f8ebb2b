"""What holds on one host holds over many: each slot once, limits, placement, a word to all."""

from datetime import timedelta
from itertools import count, takewhile

import psycopg
import pytest

from jobrunner.model.run import State
from tests.cluster.stage import job
from tests.cluster.witness import BEGAN, ENDED, judge

pytestmark = pytest.mark.long

SECOND = timedelta(seconds=1)
AHEAD = 5 * SECOND  # until the first slot, so that every host has read its jobs by then
SOON = 2.0  # seconds


def each_second(stage, seconds):
    """Keys of a job with a slot each second from soon on; the last of them."""
    first = stage.store.clock().replace(microsecond=0) + AHEAD
    last = first + SECOND * (seconds - 1)
    keys = f'cron = "* * * * * *"\nstart = {first.isoformat()}\nend = {last.isoformat()}\n'
    return keys, last


def over(stage, last):
    """The verdict when the last slot has come and nothing is live."""
    stage.until(lambda: stage.store.clock() > last + SECOND and not stage.store.live())
    return judge(stage.witness.lines(), stage.runs(), last=last)


def most_at_once(lines, *jobs):
    """How many of these ran at the same time, at most."""
    steps = [{BEGAN: 1, ENDED: -1}[line.what] for line in lines if line.job in jobs]
    return max(sum(steps[:n]) for n in range(1, len(steps) + 1))


def test_each_slot_runs_once_on_one_of_the_hosts(stage):
    stage = stage()
    keys, last = each_second(stage, 5)
    names = [f"j{number}" for number in range(20)]
    command = stage.witness.command()
    stage.write("".join(job(name, command, keys, 'overlap = "allow"') for name in names))
    stage.start()
    verdict = over(stage, last)
    assert verdict.is_well, verdict
    assert verdict.states == {"success": verdict.slots}
    assert verdict.slots > 60
    hosts = {line.host for line in stage.witness.began()}
    assert hosts == {"web-1", "web-2", "web-3"}


def test_what_limits_runs_holds_over_all_hosts(stage):
    stage = stage()
    keys, last = each_second(stage, 6)
    work = stage.witness.command("sleep 0.7")
    long = stage.witness.command("sleep 1.6")
    jobs = [
        job("skips", long, keys),
        job("queues", work, keys, 'overlap = "queue"'),
        job("two", long, keys, 'overlap = "allow"', "max_instances = 2"),
        job("locked-1", work, keys, 'lock = "door"'),
        job("locked-2", work, keys, 'lock = "door"'),
        *(job(f"pooled-{n}", work, keys, 'pool = "db"') for n in range(4)),
    ]
    stage.write("".join(["[pools]\ndb = 2\n", *jobs]))
    stage.start()
    verdict = over(stage, last)
    lines = stage.witness.lines()
    assert verdict.is_well, verdict
    assert most_at_once(lines, "skips") == 1
    assert most_at_once(lines, "queues") == 1
    assert most_at_once(lines, "two") == 2
    assert most_at_once(lines, "locked-1", "locked-2") == 1
    assert most_at_once(lines, *(f"pooled-{n}" for n in range(4))) == 2
    assert verdict.states[State.SKIPPED] >= 2
    assert len(stage.witness.ended("queues")) == len(stage.runs("queues"))


def test_breakers_and_pauses_hold_over_all_hosts(stage):
    stage = stage()
    keys, last = each_second(stage, 8)
    breaker = 'breaker = { after = 2, cooldown = "10m" }'
    fails = job("fails", stage.witness.command("exit 3"), keys, 'overlap = "allow"', breaker)
    stage.write(fails + job("paused", stage.witness.command(), keys, 'overlap = "allow"'))
    stage.start()
    assert stage["web-2"].run("pause", "paused").returncode == 0
    verdict = over(stage, last)
    assert verdict.is_well, verdict
    newest, *_, oldest = stage.runs("fails")
    assert (newest.state, oldest.state) == (State.SKIPPED, State.FAILED)
    assert "breaker open" in newest.reason
    assert 2 <= len(stage.witness.began("fails")) < 6
    assert {run.state for run in stage.runs("paused")} == {State.SKIPPED}
    assert not stage.witness.began("paused")


def test_a_run_that_replaces_another_ends_it_wherever_it_is(stage):
    stage = stage()
    jobs = [
        job("a", stage.witness.command("sleep 60"), 'overlap = "replace"', 'hosts = ["web-1"]'),
    ]
    stage.write("".join(jobs))
    stage.start()
    first = stage.run("a")
    stage.began(first)
    second = stage.run("a")
    stage.began(second)
    assert stage.end_of(first).state is State.STOPPED
    assert stage.store.run(second).state is State.RUNNING


def test_jobs_run_where_they_are_placed(stage):
    stage = stage()
    stage["web-2"].settings = 'labels = ["gpu"]'
    keys, last = each_second(stage, 3)
    command = stage.witness.command()
    placed = {
        "named": 'hosts = ["web-1"]',
        "labelled": 'labels = ["gpu"]',
        "preferred": 'prefer = ["web-3"]',
    }
    jobs = [job(name, command, keys, 'overlap = "allow"', key) for name, key in placed.items()]
    jobs.append(job("everywhere", command, keys, 'on = "every"', 'overlap = "allow"'))
    stage.write("".join(jobs))
    stage.start()
    verdict = over(stage, last)
    assert verdict.is_well, verdict
    where = {name: {line.host for line in stage.witness.began(name)} for name in placed}
    assert where == {"named": {"web-1"}, "labelled": {"web-2"}, "preferred": {"web-3"}}
    every = stage.runs("everywhere")
    assert {(run.place, run.host) for run in every} == {(name, name) for name in stage.hosts}
    assert {line.host for line in stage.witness.began("everywhere")} == {*stage.hosts}
    slots = {(run.scheduled_for, run.place) for run in every}
    assert len(slots) == len(every) > 3


def test_what_no_host_fits_waits_for_one_that_does(stage):
    stage = stage("web-1", "gpu-1")
    stage["gpu-1"].settings = 'labels = ["gpu"]'
    stage.write(job("a", stage.witness.command(), 'labels = ["gpu"]'))
    stage.start("web-1")
    run = stage.run("a")
    assert stage.store.run(run).state is State.QUEUED
    stage.start("gpu-1")
    assert stage.end_of(run).state is State.SUCCESS
    assert stage.began(run).host == "gpu-1"


def test_a_run_is_stopped_from_another_host_within_two_seconds(stage):
    stage = stage("web-1", "web-2")
    stage.write(job("a", stage.witness.command("sleep 60"), 'hosts = ["web-1"]'))
    stage.start()
    for run in (stage.run("a") for _ in range(3)):
        stage.began(run)
        done = stage["web-2"].run("stop", str(run))
        ended = stage.end_of(run)
        assert done.returncode == 0, done.stderr
        assert ended.state is State.STOPPED
        assert (ended.finished_at - last_request(stage).asked_at).total_seconds() < SOON
        assert not stage["web-1"].processes()


def last_request(stage):
    return [*takewhile(bool, map(stage.store.request, count(1)))][-1]


def test_what_an_operator_takes_out_of_the_queue_is_queued_again(stage, database):
    stage = stage("web-1", "gpu-1")
    stage["gpu-1"].settings = 'labels = ["gpu"]'
    stage.write(job("a", stage.witness.command(), 'labels = ["gpu"]'))
    stage.start("web-1")
    run = stage.run("a")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET search_path = jobrunner")
        connection.execute("DELETE FROM procrastinate_jobs")
    stage.start("gpu-1")
    assert stage.end_of(run).state is State.SUCCESS
    assert len(stage.witness.began()) == 1


def test_a_drained_host_ends_what_it_runs_and_takes_nothing_new(stage):
    stage = stage("web-1", "web-2")
    long = job("long", stage.witness.command("sleep 3"), 'prefer = ["web-1"]')
    short = job("short", stage.witness.command(), 'prefer = ["web-1"]', 'overlap = "allow"')
    stage.write(long + short)
    stage.start()
    run = stage.run("long")
    assert stage.began(run).host == "web-1"
    assert stage["web-2"].run("drain", "web-1").returncode == 0
    heard = stage.store.clock()  # it is told at its next beat
    stage.until(lambda: next(x for x in stage.store.hosts() if x.name == "web-1").beat_at > heard)
    others = [stage.run("short") for _ in range(5)]
    assert {stage.end_of(each).state for each in others} == {State.SUCCESS}
    assert {stage.began(each).host for each in others} == {"web-2"}
    assert stage.end_of(run).state is State.SUCCESS
    assert stage["web-2"].run("drain", "web-1", "--off").returncode == 0
    stage.until(lambda: stage.began(stage.run("short")).host == "web-1")


def test_clocks_that_are_off_by_minutes_decide_nothing(stage, program):
    stage = stage()
    faketime = str(program("faketime", "faketime"))
    for name, off in (("web-1", "+600s"), ("web-2", "-600s")):
        stage[name].prefix = (faketime, "-f", off)
        stage[name].environ = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    keys, last = each_second(stage, 5)
    stage.write(
        "".join(job(f"j{n}", stage.witness.command(), keys, 'overlap = "allow"') for n in range(10))
    )
    stage.start()
    verdict = over(stage, last)
    assert verdict.is_well, verdict
    assert verdict.states == {"success": verdict.slots}
    for run in stage.runs():
        late = (run.started_at - run.scheduled_for).total_seconds()
        assert 0 <= late < 5
        assert 0 <= (run.created_at - run.scheduled_for).total_seconds() < 5
    skews = {host.name: round(host.skew.total_seconds(), -1) for host in stage.store.hosts()}
    assert skews == {"web-1": 600, "web-2": -600, "web-3": 0}
