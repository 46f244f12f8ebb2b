"""Hosts that are gone, or seem to be: what they ran is lost after the lease, and goes on elsewhere.

In each test `twice` may be tried again elsewhere, and `once` may not; both begin on web-1.
"""

import os
import signal
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.parts.database import serving
from jobrunner.model.run import State
from tests.cluster.conftest import UNSAFE
from tests.cluster.network import Cell, skip_without
from tests.cluster.stage import LEASE, Stage, job, proxies
from tests.cluster.witness import NOT_EXCLUDED, judge
from tests.services import fresh_database

pytestmark = pytest.mark.long

HOSTS = ("web-1", "web-2")
# How long the database is away; longer than the lease in any case.
AWAY = timedelta(seconds=float(os.environ.get("JOBRUNNER_TEST_OUTAGE", LEASE + 3.0)))
LONG = f"[ $JOBRUNNER_ATTEMPT = 2 ] || sleep {AWAY.total_seconds() + 120}"
JOBS = """
[jobs.twice]
command = '''{command}'''
prefer = ["web-1"]
retry = {{ attempts = 1, delay = "0s", on = ["lost"] }}

[jobs.once]
command = '''{command}'''
prefer = ["web-1"]
"""
EACH_SECOND = 'cron = "* * * * * *"\ncatch_up = "all"\nmax_catch_up = 1000\noverlap = "queue"'
PROMPTLY = 5.0  # seconds
# From the last that was heard of a host until somebody notices, on a machine with much to do.
NOTICED = LEASE + 8.0


def begun(stage, jobs=""):
    """With `twice` and `once` running on web-1: the stage, both runs, their processes."""
    stage.write(JOBS.format(command=stage.witness.command(LONG)) + jobs)
    stage.start()
    stage.tick()
    runs = [stage.run("twice"), stage.run("once")]
    lines = [stage.began(run) for run in runs]
    assert {line.host for line in lines} == {"web-1"}
    return stage, runs, [line.pid for line in lines]


@pytest.fixture
def going(stage):
    return begun(stage(*HOSTS))


@pytest.fixture
def ways(database):
    with proxies(database, HOSTS) as ways:
        yield ways


@pytest.fixture
def behind_proxies(stage, ways):
    return begun(stage(*HOSTS, ways=ways))


@pytest.fixture
def behind_a_link(tmp_path):
    skip_without()
    with (
        closing(Cell()) as cell,
        serving(address=cell.gateway, settings=UNSAFE) as server,
        fresh_database(server.url) as url,
        closing(Stage(tmp_path, url, HOSTS, ways={"web-1": cell})) as stage,
    ):
        yield begun(stage)


def is_alive(pid):
    with suppress(FileNotFoundError, ProcessLookupError):
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def taken_over(stage, twice, once):
    """What became of both when another host took over: seconds that this took."""
    at = stage.store.clock()
    stage.until(lambda: [x for x in stage.witness.began("twice") if x.attempt == 2], LEASE + 15)
    seconds = (stage.store.clock() - at).total_seconds()
    ended = stage.end_of(twice), stage.end_of(once)
    assert [run.state for run in ended] == [State.SUCCESS, State.LOST]
    first, second = stage.store.attempts(twice)
    assert (first.state, first.host) == (State.LOST, "web-1")
    assert (second.state, second.host) == (State.SUCCESS, "web-2")
    assert "web-1" in first.reason
    assert "web-1" in ended[1].reason
    return seconds


def settled(stage):
    """Nothing is left to be told, and what was told is so."""
    verdict = judge(stage.witness.lines(), stage.runs(), attempts=stage.store.attempts)
    assert verdict.is_well, verdict
    assert len(stage.witness.began("once")) == 1
    return verdict


def test_what_a_dead_host_ran_is_lost_after_the_lease_and_tried_elsewhere(going):
    stage, (twice, once), _ = going
    stage["web-1"].die()
    seconds = taken_over(stage, twice, once)
    assert LEASE - 3 < seconds < NOTICED
    settled(stage)


def test_a_supervisor_that_is_killed_is_replaced_and_nothing_is_lost(going):
    stage, runs, pids = going
    stage["web-1"].kill()
    stage.until(stage["web-1"].is_awake)
    stage.until(lambda: all(stage.store.run(run).owner.startswith("web-1/") for run in runs))
    at = stage.store.clock()
    stage.until(lambda: (stage.store.clock() - at).total_seconds() > LEASE + 3)
    assert [stage.store.run(run).state for run in runs] == [State.RUNNING] * 2
    assert all(map(is_alive, pids))
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert {stage.end_of(run).state for run in runs} == {State.FAILED}
    settled(stage)


def test_a_frozen_host_is_refused_when_it_comes_back_and_ends_its_jobs(going):
    stage, (twice, once), pids = going
    stage["web-1"].freeze()
    taken_over(stage, twice, once)
    assert all(map(is_alive, pids))  # frozen is its supervisor, and not its jobs
    assert NOT_EXCLUDED in stage.store.attempts(twice)[0].error
    for pid in [pids[0], *children(pids[0])]:
        os.kill(pid, signal.SIGKILL)  # it ends, and nobody is there to see it
    stage["web-1"].thaw()
    stage.until(lambda: not is_alive(pids[1]), PROMPTLY)
    thawed = stage.store.clock()
    stage.until(lambda: host(stage, "web-1").beat_at > thawed)
    stage.until(lambda: not stage["web-1"].processes(), PROMPTLY)
    assert [stage.store.run(run).state for run in (twice, once)] == [State.SUCCESS, State.LOST]
    assert stage.store.attempts(twice)[0].state is State.LOST
    settled(stage)


def host(stage, name):
    return next(each for each in stage.store.hosts() if each.name == name)


@pytest.mark.parametrize("silent", ["behind_proxies", "behind_a_link"])
def test_a_host_that_is_cut_off_ends_what_may_start_elsewhere_before_it_does(request, silent):
    stage, (twice, once), pids = request.getfixturevalue(silent)
    stage["web-1"].way.hush()
    stage.until(lambda: not is_alive(pids[0]), NOTICED)
    assert not [x for x in stage.witness.began("twice") if x.attempt == 2]
    assert is_alive(pids[1])  # nobody starts it a second time
    taken_over(stage, twice, once)
    stage["web-1"].way.open()
    stage.until(lambda: not is_alive(pids[1]))
    settled(stage)


def test_while_the_database_is_away_jobs_go_on_and_nothing_is_lost_or_doubled(stage, ways):
    made = stage(*HOSTS, ways=ways)
    ends = job("ends", made.witness.command("sleep 5"), 'prefer = ["web-1"]')
    each = job("each", made.witness.command(), EACH_SECOND)
    stage, runs, pids = begun(made, ends + each)
    ends = stage.run("ends")
    stage.began(ends)
    at = stage.store.clock()
    for way in ways.values():
        way.refuse()
    stage.until(lambda: stage.store.clock() - at > AWAY, AWAY.total_seconds() + 10)
    until = stage.store.clock()
    for way in ways.values():
        way.open()
    ended = stage.end_of(ends)
    assert ended.state is State.SUCCESS
    assert at < ended.finished_at < until
    stage.until(lambda: all(each.beat_at > until for each in stage.store.hosts()))
    assert all(map(is_alive, pids))
    assert [stage.store.run(run).state for run in runs] == [State.RUNNING] * 2
    stage.until(lambda: stage.runs("each")[0].scheduled_for > until)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert {stage.end_of(run).state for run in runs} == {State.FAILED}
    stage.until(lambda: len(stage.witness.ended("each")) >= AWAY.total_seconds())
    stage.write("")
    stage.until(lambda: not stage.store.live())
    verdict = settled(stage)
    assert verdict.slots >= AWAY.total_seconds()
    assert verdict.states[State.SUCCESS] >= AWAY.total_seconds()
