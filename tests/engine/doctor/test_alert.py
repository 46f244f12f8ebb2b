"""Channels that were used, never, or in vain, and the watch from outside."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.build import NOON
from tests.engine.doctor.clinic import JOBS

SENT = """
INSERT INTO outbox (channel, event, message, created_at, state, finished_at, error)
VALUES ('ops', 'failure', '{}', :at, :state, :at, :error)
"""
CHANNEL = '[notify.ops]\ncommand = ["true"]\n'
HEARD = CHANNEL + JOBS + 'notify = ["ops"]\n'
BEATING = '[settings]\nheartbeat = "https://hc.example.com/ping/x"\n' + JOBS


def send(clinic, *, error=""):
    """A letter that arrived, or did not."""
    clinic.store().close()
    row = {"state": "failed" if error else "sent", "at": NOON.timestamp() * 1e6, "error": error}
    with closing(sqlite3.connect(clinic.state.ledger)) as database:
        database.execute(SENT, row)
        database.commit()


def test_that_nobody_hears_of_a_failure_is_told(clinic):
    assert clinic.worst("alert").message == "nobody hears of a failure: there is no channel"


def test_a_channel_that_was_never_used_is_told_with_how_to_try_it(clinic):
    clinic.write(HEARD)
    found = clinic.worst("alert")
    assert (found.severity, found.message) == ("warning", "ops (command): never used")
    assert found.fix == "jobrunner notify test ops"


def test_a_channel_that_delivered_is_well(clinic):
    clinic.write(HEARD)
    send(clinic)
    ((severity, message),) = clinic.found("alert")
    assert severity == "ok"
    assert message.startswith("ops (command): last sent Fri 2026-11-20 ")


def test_a_channel_that_never_delivered_is_a_problem(clinic):
    clinic.write(HEARD)
    send(clinic, error="connection refused")
    found = clinic.worst("alert")
    told = "ops (command) never delivered anything: connection refused"
    assert (found.severity, found.message) == ("problem", told)


def test_jobs_that_nobody_hears_of_are_told(clinic):
    clinic.write(CHANNEL + JOBS)
    send(clinic)
    assert clinic.worst("alert").message == "nobody hears of failures of backup"


def test_that_nobody_watches_from_outside_is_told(clinic):
    assert clinic.found("outside") == [("warning", "nothing tells you if this host stops ticking")]


@pytest.mark.parametrize(
    ("minute", "severity"), [("11:59", "problem"), ("11:30", "ok"), ("99:99", "ok")]
)
def test_a_heartbeat_is_well_unless_it_was_not_heard_lately(clinic, minute, severity):
    clinic.write(BEATING)
    clinic.tick()
    told = "heartbeat (success) was not heard: HTTP 404"
    line = f"2026-11-20T{minute}:00Z warning {told}\n"
    Path(clinic.state.folder, "run/supervisor.log").write_text(line)
    found = clinic.worst("outside")
    assert (found.severity, told in found.message) == (severity, severity == "problem")
