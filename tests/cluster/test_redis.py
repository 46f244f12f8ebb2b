"""Hosts with a ledger each that share slots over a Redis: real supervisors, real servers."""

import signal
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from jobrunner.model.run import State
from jobrunner.store.value import RunFilter
from tests.engine.theatre import CLOCK, PATIENCE, Theatre
from tests.lease.server import server as redis_server

SLOTS = 1000
HOSTS = 8
LEASE = 15.0  # seconds, the shortest that may be
HEAD = """
[settings]
host = "{host}"
claims = "{url}"
{settings}
[cluster]
lease = "15s"
tick = "1s"
beat = "1s"
timeout = "1s"

"""
LONG = """
[jobs.long]
every = "2s"
command = "echo $JOBRUNNER_FENCE $JOBRUNNER_HOST >> {witness}; exec sleep 600"
"""


@pytest.fixture
def redis(program, tmp_path):
    program("redis-server", "redis-server")
    with redis_server(tmp_path / "redis") as found:
        yield found


@pytest.fixture
def hosts(redis, tmp_path):
    """Makes hosts that share the Redis, by their names."""
    made = []

    def hosts(*names, jobs, settings=""):
        for name in names:
            folder = tmp_path / name
            folder.mkdir()
            theatre = Theatre(folder)
            theatre.write(HEAD.format(host=name, url=redis.url, settings=settings) + jobs)
            made.append(theatre)
        return made

    yield hosts
    for each in made:
        for supervisor in each.supervisors:
            if supervisor.poll() is None:
                supervisor.send_signal(signal.SIGCONT)
        each.close()


class Lookers:
    """Processes that all look at the same slots."""

    def __init__(self, folder: Path, url: str, slots: int = SLOTS) -> None:
        self._folder = folder
        self._url = url
        self._slots = str(slots)
        self._minute = CLOCK.now().replace(second=0, microsecond=0).isoformat()

    def look(self, *hosts: str, dies: bool = False) -> list[list[str]]:
        """What each of these starts, if they look at the same moment."""
        processes = [self._start(host, dies=dies) for host in hosts]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        return [process.communicate(timeout=PATIENCE)[0].split() for process in processes]

    def _start(self, host: str, *, dies: bool) -> subprocess.Popen[str]:
        folder = self._folder / host
        folder.mkdir(exist_ok=True)
        program = [sys.executable, "-m", "tests.cluster.looker"]
        arguments = [folder, host, self._url, self._slots, self._minute, *(["die"] if dies else [])]
        return subprocess.Popen(
            [*program, *map(str, arguments)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def test_of_many_hosts_that_look_at_once_each_slot_is_started_by_one(redis, tmp_path):
    found = Lookers(tmp_path, redis.url).look(*(f"web-{number}" for number in range(HOSTS)))
    assert sorted(Counter(job for each in found for job in each).values()) == [1] * SLOTS


def test_a_host_that_is_killed_before_its_ledger_knows_gets_its_slots_again(redis, tmp_path):
    lookers = Lookers(tmp_path, redis.url, slots=50)
    assert lookers.look("web-1", dies=True) == [[]]
    assert lookers.look("web-2", "web-3") == [[], []]
    assert [len(each) for each in lookers.look("web-1")] == [50]
    assert lookers.look("web-1", "web-2") == [[], []]


def ended(theatre, job="a"):
    found = theatre.store.runs(RunFilter(job=job, limit=1000))
    return {run.scheduled_for: run for run in found if not run.state.is_live}


def test_each_slot_runs_on_one_host_and_the_other_says_where(hosts, tmp_path):
    witness = tmp_path / "witness"
    job = f"""
[jobs.a]
every = "1s"
command = "echo $JOBRUNNER_SCHEDULED_FOR >> {witness}"
"""
    one, two = hosts("web-1", "web-2", jobs=job)
    for each in (one, two):
        each.start()
    one.until(lambda: len(ended(one).keys() & ended(two).keys()) >= 4)
    seen = [ended(each) for each in (one, two)]
    slots = seen[0].keys() & seen[1].keys()
    told = Counter(
        tuple(sorted((run.state, run.reason) for run in (seen[0][slot], seen[1][slot])))
        for slot in slots
    )
    here = [("skipped", f"taken by {name}") for name in ("web-1", "web-2")]
    assert set(told) <= {(each, ("success", "")) for each in here}
    ran = Counter(map(datetime.fromisoformat, witness.read_text().split()))
    assert all(ran[slot] == 1 for slot in slots)


def test_what_a_run_had_as_its_claim_is_written_with_it(hosts):
    (one,) = hosts("web-1", jobs='[jobs.a]\nevery = "1s"\ncommand = "echo $JOBRUNNER_FENCE"\n')
    one.start()
    run = one.runs("a")[0]
    assert run.error == f"claim {one.output(run).strip()}"


def test_without_claims_a_command_is_told_of_none(hosts, tmp_path):
    theatre = Theatre(tmp_path)
    try:
        theatre.write('[jobs.a]\ncommand = "env"\n')
        theatre.start()
        run = theatre.play("a")
        assert "JOBRUNNER_FENCE" not in theatre.output(run)
        assert run.error == ""
    finally:
        theatre.close()


def test_while_redis_is_stopped_slots_run_and_say_that_they_had_no_claim(hosts, redis):
    job = '[jobs.a]\nevery = "1s"\ncommand = "true"\n'
    (one,) = hosts("web-1", jobs=job, settings='claims_unreachable = "run"')
    redis.end()
    one.start()
    run = one.runs("a")[0]
    assert run.state is State.SUCCESS
    assert run.error == "without a claim: nobody could be asked for one"


def test_a_restart_of_redis_costs_no_slot(hosts, redis):
    (one,) = hosts("web-1", jobs='[jobs.a]\nevery = "1s"\ncatch_up = "all"\ncommand = "true"\n')
    one.start()
    one.runs("a")
    redis.end()
    CLOCK.sleep(1.5)  # a slot at least is due meanwhile
    redis.start()
    back = CLOCK.now() + timedelta(seconds=2)
    one.until(lambda: max(ended(one), default=back - PATIENCE * timedelta(seconds=1)) > back)
    assert {run.state for run in ended(one).values()} == {State.SUCCESS}
    slots = sorted(ended(one))
    assert len(slots) == (slots[-1] - slots[0]).seconds + 1


@pytest.mark.long
def test_a_host_that_was_frozen_for_a_lease_ends_what_another_began_meanwhile(hosts, tmp_path):
    witness = tmp_path / "witness"
    one, two = hosts("web-1", "web-2", jobs=LONG.format(witness=witness))
    frozen = one.start()
    one.until(witness.exists)
    run = one.store.runs(RunFilter(job="long", states=(State.RUNNING,)))[0]
    frozen.send_signal(signal.SIGSTOP)
    two.start()
    two.until(lambda: len(witness.read_text().splitlines()) == 2)
    frozen.send_signal(signal.SIGCONT)
    end = one.end_of(run.id)
    assert end.state is State.STOPPED
    assert "on web-2, which took its place while this host was silent" in end.reason
    (first, _), (second, host) = (line.split() for line in witness.read_text().splitlines())
    assert host == "web-2"
    assert int(second) > int(first)


@pytest.mark.long
def test_a_run_keeps_its_place_for_longer_than_a_lease(hosts, tmp_path):
    witness = tmp_path / "witness"
    one, two = hosts("web-1", "web-2", jobs=LONG.format(witness=witness))
    one.start()
    one.until(witness.exists)
    began = CLOCK.elapsed()
    two.start()
    two.until(lambda: CLOCK.elapsed() - began > LEASE + 3)
    assert len(witness.read_text().splitlines()) == 1
    assert {run.reason.partition(":")[0] for run in ended(two, "long").values()} <= {
        "still running",
        "taken by web-1",
    }


@pytest.mark.long
def test_whatever_is_killed_no_slot_is_lost_or_doubled(hosts, redis, tmp_path):
    witness = tmp_path / "witness"
    job = f"""
every = "1s"
catch_up = "all"
overlap = "allow"
command = "echo $JOBRUNNER_JOB $JOBRUNNER_SCHEDULED_FOR >> {witness}"
"""
    made = hosts("web-1", "web-2", "web-3", jobs="".join(f"[jobs.{name}]{job}" for name in "abcd"))
    for each in made:
        each.start()
    began, chance = CLOCK.now(), Random(7)
    while CLOCK.now() - began < timedelta(seconds=15):
        CLOCK.sleep(chance.uniform(0.2, 0.8))
        if chance.random() < 0.2:
            redis.end()
            redis.start()
        else:
            victim = chance.choice(made)
            victim.kill()
            victim.start()
    until = CLOCK.now()
    for each in made:
        each.until(lambda each=each: all(max(ended(each, job)) > until for job in "abcd"))
        each.until(lambda each=each: not [r for r in each.store.live() if r.scheduled_for < until])
    ran = Counter(witness.read_text().splitlines())
    assert set(ran.values()) == {1}
    for job in "abcd":
        told = [ended(each, job) for each in made]
        since = max(map(min, told))
        slots = [since + timedelta(seconds=n) for n in range((until - since).seconds)]
        fates = {slot: [each[slot].state for each in told if slot in each] for slot in slots}
        ends = {
            slot: [s for s in states if s is not State.SKIPPED] for slot, states in fates.items()
        }
        assert {len(each) for each in ends.values()} == {1}
