"""A new jobs.toml comes to one host after the other, while slots come due every second."""

from datetime import timedelta
from itertools import pairwise

import pytest

from jobrunner.model.run import State
from tests.cluster.stage import job
from tests.cluster.witness import LEFT_OUT, judge

pytestmark = pytest.mark.long

SECOND = timedelta(seconds=1)
EACH = 'cron = "* * * * * *"\noverlap = "allow"\n'
EVEN = 'cron = "*/2 * * * * *"\noverlap = "allow"\n'


def rows(stage, name, number):
    """Wait until a job has so many rows."""
    stage.until(lambda: len(stage.runs(name)) >= number)


def roll_out(stage, text, between):
    """Another jobs.toml on each host; in between, something is waited for."""
    for host in stage.hosts.values():
        host.write(text)
        host.ring()
        between()


def more(stage, name, number=3):
    """Wait until a job has so many rows more than now."""
    rows(stage, name, len(stage.runs(name)) + number)


def end(stage):
    """Have no slot come any more; when nothing is live."""
    stage.write("")
    for host in stage.hosts.values():
        host.ring()
    stage.until(lambda: not stage.store.live())


def slots(stage, name):
    return sorted(run.scheduled_for for run in stage.runs(name))


def test_no_slot_is_lost_while_a_schedule_is_changed_on_one_host_after_the_other(stage):
    stage = stage()
    command = stage.witness.command()
    stays = job("stays", command, EACH)
    stage.write(stays + job("changes", command, EACH))
    stage.start()
    stage.tick()
    rows(stage, "changes", 3)
    roll_out(stage, stays + job("changes", command, EVEN), lambda: more(stage, "stays", 4))
    more(stage, "changes", 3)
    end(stage)
    verdict = judge(stage.witness.lines(), [*stage.runs("stays")])
    assert not verdict.lost + verdict.doubled, verdict
    found = slots(stage, "changes")
    steps = [later - sooner for sooner, later in pairwise(found)]
    turned = steps.index(2 * SECOND)
    assert {*steps[:turned]} == {SECOND}  # as before, on every host, until all agreed
    assert {*steps[turned + 1 :]} == {2 * SECOND}
    assert turned > 8


def test_a_job_that_only_some_hosts_know_runs_on_those(stage):
    stage = stage()
    command = stage.witness.command()
    old, new = job("old", command, EACH), job("new", command, EACH)
    stage.write(old)
    stage.start()
    stage.tick()
    rows(stage, "old", 2)
    where = []

    def between():
        began = len(stage.witness.began("new"))
        stage.until(lambda: len(stage.witness.began("new")) >= began + 4)
        where.append({line.host for line in stage.witness.began("new")})

    roll_out(stage, old + new, between)
    names = [*stage.hosts]
    assert where[0] == {names[0]}
    assert where[1] <= {*names[:2]}
    assert [run.reason for run in stage.runs("new") if run.state in LEFT_OUT] == []
    end(stage)
    for name in ("old", "new"):
        verdict = judge(
            [line for line in stage.witness.lines() if line.job == name], stage.runs(name)
        )
        assert verdict.is_well, verdict


def test_a_job_that_is_removed_from_one_host_after_the_other_goes_on_until_the_last(stage):
    stage = stage()
    command = stage.witness.command()
    stays, goes = job("stays", command, EACH), job("goes", command, EACH)
    stage.write(stays + goes)
    stage.start()
    stage.tick()
    rows(stage, "goes", 3)
    names = iter(stage.hosts)

    def between():
        if next(names) != [*stage.hosts][-1]:
            more(stage, "goes", 3)
        else:
            stage.until(lambda: all(m.next_at is None for m in marks(stage, "goes")))

    roll_out(stage, stays, between)
    end(stage)
    found = slots(stage, "goes")
    assert all(b - a == SECOND for a, b in pairwise(found))
    assert {run.state for run in stage.runs("goes")} <= {State.SUCCESS, State.SKIPPED}


def marks(stage, name):
    return [mark for (job, _), mark in stage.store.marks().items() if job == name]
