"""A ledger that is moved while jobs run: who comes next takes over from who went before."""

import os

import pytest

from jobrunner.model.run import State
from jobrunner.store import open_store
from tests.cluster.stage import HEAD, job
from tests.cluster.witness import judge

pytestmark = pytest.mark.long

ALONE = '[settings]\nhost = "web-1"\n'


@pytest.fixture
def hosts(stage):
    """A stage of one host, whose ledger is a file as yet."""
    return stage("web-1")


def write(host, text):
    new = host.folder / "new.toml"
    new.write_text(text)
    new.chmod(0o600)
    new.replace(host.file)


def test_jobs_that_run_go_on_and_their_ends_arrive_in_the_new_ledger(hosts, database):
    host = hosts["web-1"]
    gate = host.folder / "gate"
    os.mkfifo(gate)
    jobs = job("long", hosts.witness.command(f"cat {gate}")) + job("short", hosts.witness.command())
    write(host, ALONE + jobs)
    host.start()
    host.run("run", "short")
    done = host.run("run", "long", "--detach")
    assert done.returncode == 0, done.stderr
    hosts.until(lambda: hosts.witness.began("long"))
    (run,) = {line.run for line in hosts.witness.began("long")}
    host.kill()  # the job goes on
    done = host.run("db", "move", host.state.ledger, database, "--yes")
    assert done.returncode == 0, done.stderr
    write(host, HEAD.format(host="web-1", store=database, settings="") + jobs)
    hosts.store.close()
    hosts.store = open_store(database)
    host.start()
    with gate.open("w"):
        pass
    assert hosts.end_of(run).state is State.SUCCESS
    again = hosts.run("short")
    assert hosts.end_of(again).state is State.SUCCESS
    assert again > run
    verdict = judge(hosts.witness.lines(), hosts.runs())
    assert not verdict.lies + verdict.doubled, verdict


def test_a_supervisor_of_the_old_ledger_starts_nothing_any_more(hosts, database):
    host = hosts["web-1"]
    jobs = job("a", hosts.witness.command(), 'cron = "* * * * * *"')
    write(host, ALONE + jobs)
    host.start()
    hosts.until(lambda: hosts.witness.began("a"))
    # It leaves when it is asked to: nothing is running that needs it.
    assert host.run("db", "move", host.state.ledger, database, "--yes").returncode == 0
    said = len(hosts.witness.lines())
    hosts.until(lambda: host.run("tick").returncode)  # as soon as there is something due
    assert "was moved to postgresql://" in host.told()
    done = host.run("tick", "-v")
    assert "was moved to postgresql://" in done.stderr + done.stdout, done
    assert not host.is_awake()
    assert len(hosts.witness.lines()) == said
