"""Hosts of two versions on one ledger: they work together, or the older one refuses loudly."""

import sys

import psycopg
import pytest

from jobrunner.model.run import State
from tests.cluster.stage import job
from tests.cluster.test_together import each_second, over

pytestmark = pytest.mark.long

OTHER = """
import sys, jobrunner
jobrunner.__version__ = "9.9.9"
from jobrunner.__main__ import main
sys.argv[0] = "jobrunner"
main()
"""
OTHER_PROGRAM = (sys.executable, "-P", "-c", OTHER)


@pytest.fixture
def two(stage):
    """web-2 runs another version."""
    made = stage("web-1", "web-2")
    made["web-2"].program = OTHER_PROGRAM
    return made


def versions(stage):
    return {host.name: host.version for host in stage.store.hosts()}


def test_hosts_of_two_versions_share_the_work(two):
    keys, last = each_second(two, 3)
    names = [f"j{number}" for number in range(10)]
    command = two.witness.command()
    two.write("".join(job(name, command, keys, 'overlap = "allow"') for name in names))
    two.start()
    verdict = over(two, last)
    assert verdict.is_well, verdict
    assert {line.host for line in two.witness.began()} == {"web-1", "web-2"}
    assert versions(two)["web-2"] == "9.9.9"
    assert versions(two)["web-1"] != "9.9.9"


def test_a_supervisor_takes_the_new_code_and_its_jobs_go_on(two):
    two.write(job("a", two.witness.command("sleep 4"), 'hosts = ["web-2"]'))
    two.start()
    run = two.run("a")
    line = two.began(run)
    pid = two["web-2"].pid
    two["web-2"].ring()  # as a tick of the code that is on disk does
    two.until(lambda: versions(two)["web-2"] != "9.9.9")
    assert two["web-2"].pid == pid
    ended = two.end_of(run)
    assert (ended.state, ended.attempts) == (State.SUCCESS, 1)
    assert line.pid == two.began(run).pid


def test_who_is_older_than_the_ledger_refuses_and_says_so(stage, database):
    stage = stage("web-1")
    stage.write(job("a", stage.witness.command()))
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("INSERT INTO jobrunner.steps (name) VALUES ('9999_of_tomorrow')")
    for command in (["list"], ["run", "a"], ["tick"]):
        done = stage["web-1"].run(*command)
        assert done.returncode != 0
        assert "made by a newer jobrunner" in done.stderr
    assert not stage.witness.lines()


def test_a_host_that_works_goes_on_when_the_ledger_becomes_newer(stage, database):
    stage = stage("web-1")
    stage.write(job("a", stage.witness.command()))
    stage.start()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("INSERT INTO jobrunner.steps (name) VALUES ('9999_of_tomorrow')")
    assert stage.end_of(stage.run("a")).state is State.SUCCESS
