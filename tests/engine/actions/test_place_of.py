"""Which host is asked to run what each host runs for itself."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from jobrunner import config
from jobrunner.engine.actions import ask, backfill
from jobrunner.engine.order import RunOrder
from jobrunner.errors import UnusableError
from jobrunner.model.run import Outcome, State, Trigger
from jobrunner.model.value import Secret
from jobrunner.store.value import Ending, Launch, NewRun
from tests.build import NOON
from tests.engine.actions.foreman import OWNER

JOBS = """
[settings]
host = "web-1"
labels = ["ssd"]

[jobs.clean]
command = "true"
cron = "0 2 * * *"
timezone = "UTC"
on = "every"

[jobs.tape]
command = "true"
on = "every"
labels = ["tape"]

[jobs.backup]
command = "true"
"""


@pytest.fixture
def shared(foreman):
    """The scene of a host that shares its ledger."""
    parsed = config.parse(JOBS, "/etc/j/jobs.toml")
    there = Secret("postgresql://db1/jobs")
    return replace(foreman.scene(), config=parsed, location=there)


def asked(scene, job):
    request = ask.run(scene, job, RunOrder(), by="ann", now=NOON)
    return scene.store.request(request).host


def start(foreman, place):
    """A run of "clean" that goes on on a host."""
    new = NewRun(job="clean", trigger=Trigger.MANUAL, place=place)
    run = foreman.store.add(new, owner=OWNER, host=place, now=NOON)
    (started,) = foreman.store.start([Launch(run=run.id)], owner=OWNER, host=place, now=NOON)
    return started


def test_this_host_runs_its_own_and_any_host_what_is_for_all(shared):
    assert (asked(shared, "clean"), asked(shared, "backup")) == ("web-1", "")


def test_alone_it_makes_no_difference(shared):
    assert asked(replace(shared, location=Secret("/var/ledger.db")), "clean") == ""


def test_what_this_host_does_not_run_is_refused_with_where_it_is(shared):
    with pytest.raises(UnusableError, match="on any host with tape; this host is web-1"):
        asked(shared, "tape")


def test_a_run_of_another_host_keeps_nobody_from_running_ones_own(shared, foreman):
    start(foreman, "web-2")
    assert asked(shared, "clean") == "web-1"
    start(foreman, "web-1")
    with pytest.raises(ask.SecondError, match="already running: #2"):
        asked(shared, "clean")


def test_a_retry_is_that_of_the_host_that_had_the_run(shared, foreman):
    old = start(foreman, "web-2")
    outcome = Outcome(state=State.FAILED, finished_at=NOON, exit_code=1)
    foreman.store.finish([Ending(run=old.id, attempt=1, outcome=outcome)], owner=OWNER)
    over = foreman.store.run(old.id)
    request = ask.retry(shared, over, by="ann", now=NOON)
    assert shared.store.request(request).host == "web-2"
    alone = replace(shared, location=Secret("/var/ledger.db"))
    assert alone.store.request(ask.retry(alone, over, by="ann", now=NOON)).host == ""


def test_past_slots_are_filled_in_on_this_host(shared):
    found = backfill.plan(shared, "clean", NOON - timedelta(days=2), NOON, NOON)
    requests = backfill.entrust(shared, found, parallel=1, by="ann", now=NOON)
    assert {shared.store.request(each).host for each in requests} == {"web-1"}
