"""Ending runs."""

import os
import select
import signal
import subprocess
import sys

import pytest

from jobrunner.engine.actions import ask, halt
from jobrunner.engine.actions.outside import Outsider
from jobrunner.errors import BusyError, ForbiddenError, UnknownError
from jobrunner.model.run import State, Trigger
from jobrunner.process.birth import Birth, birth_of
from jobrunner.store.value import Launch, NewRun


def stop(foreman, *names):
    here = foreman.scene()
    runs = halt.chosen(here, names)
    requests = halt.ask_all(here, runs, foreman, by="deploy")
    return [(run.id, run.state) for run in halt.ended(here, runs, requests, foreman)]


@pytest.fixture(autouse=True)
def endless(foreman):
    foreman.scripts = {"backup": [(b"", None)], "flaky": [(b"", None)]}


def test_a_run_is_stopped_by_its_number(foreman):
    run = foreman.start("backup")
    assert stop(foreman, f"{run.id}") == [(run.id, State.STOPPED)]


def test_a_job_means_each_of_its_runs(foreman):
    runs = [foreman.start("backup"), foreman.start("backup"), foreman.start("flaky")]
    assert stop(foreman, "backup") == [(run.id, State.STOPPED) for run in runs[:2]]


def test_all_means_what_waits_too(foreman):
    runs = [foreman.start("backup"), foreman.add("flaky")]
    assert sorted(stop(foreman)) == [(run.id, State.STOPPED) for run in runs]


def test_who_asked_is_told_to_the_supervisor(foreman):
    stop(foreman, f"{foreman.start('backup').id}")
    assert [(asked.kind, asked.asked_by) for asked in foreman.asked] == [("stop", "deploy")]


@pytest.mark.parametrize(
    ("names", "told"),
    [([], "nothing runs"), (["backup"], "no run of backup is going on"), (["1"], "already over")],
)
def test_where_nothing_is_going_on_there_is_nothing_to_stop(foreman, names, told):
    run = foreman.start("flaky")
    foreman.finish(run, State.SUCCESS, 0)
    with pytest.raises(BusyError, match=told):
        stop(foreman, *names)


def test_an_unknown_name_is_met_with_the_one_that_was_meant(foreman):
    with pytest.raises(UnknownError, match='Did you mean "backup"'):
        stop(foreman, "bakup")


def test_a_no_of_the_supervisor_is_told(foreman):
    foreman.start("backup")
    foreman.refusal = "it is not mine"
    with pytest.raises(BusyError, match="it is not mine"):
        stop(foreman, "backup")


def outside(foreman, birth):
    owner = str(Outsider("web-1", birth))
    run = foreman.store.add(
        NewRun(job="wrapped", trigger=Trigger.MANUAL), owner=owner, host="web-1", now=foreman.now()
    )
    foreman.store.start([Launch(run=run.id)], owner=owner, host="web-1", now=foreman.now())
    return run


def test_the_run_of_an_exec_is_ended_by_a_signal_to_it(foreman):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        run = outside(foreman, birth_of(process.pid))
        here = foreman.scene()
        assert halt.ask_all(here, [foreman.store.run(run.id)], foreman, by="deploy") == {}
        pidfd = os.pidfd_open(process.pid)
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        poll.poll()
        os.close(pidfd)
    assert process.returncode == -signal.SIGTERM


def test_an_exec_that_cannot_be_reached_is_told(foreman):
    run = outside(foreman, Birth(1 << 22, "boot", 7))
    with pytest.raises(ForbiddenError, match=f"#{run.id} belongs to a jobrunner exec"):
        stop(foreman, "wrapped")


def test_one_is_asked_to_end_and_nobody_is_woken_for_it(foreman, monkeypatch):
    monkeypatch.setattr(ask, "rouse", None)
    run = foreman.start("backup")
    number = halt.ask_one(foreman.scene(), run, by="deploy", now=foreman.now(), force=True)
    asked = foreman.store.request(number)
    assert (asked.kind, asked.run, asked.arguments) == ("stop", run.id, '{"force":true}')


def test_one_that_no_signal_reaches_is_refused(foreman):
    run = outside(foreman, Birth(1 << 22, "boot", 7))
    with pytest.raises(ForbiddenError, match="cannot be reached"):
        halt.ask_one(foreman.scene(), foreman.store.run(run.id), by="deploy", now=foreman.now())


def test_one_that_is_over_is_left_alone(foreman):
    run = foreman.start("flaky")
    foreman.finish(run, State.SUCCESS, 0)
    with pytest.raises(BusyError, match="already over"):
        halt.ask_one(foreman.scene(), foreman.store.run(run.id), by="deploy", now=foreman.now())
