"""Jobs in each other's way, and in their own."""

from datetime import timedelta

from jobrunner.model.run import State
from tests.build import NOON
from tests.engine.report.ledger import DAY, ran

SHARED = """\
[defaults]
timezone = "Europe/Berlin"
timeout = "1h"
lock = "db"
[jobs.backup]
cron = "30 2 * * *"
command = "true"
[jobs.verify]
cron = "30 2 * * 6"
command = "true"
[jobs.other]
cron = "30 3 * * *"
command = "true"
"""
OFTEN = """\
[jobs.sync]
cron = "*/5 * * * *"
command = "true"
timeout = "1h"
"""


def test_jobs_that_want_one_lock_at_once_are_told(clinic):
    clinic.write(SHARED)
    ((severity, message),) = clinic.found("collision")
    together = "are due together once in 7 days, first Sat 2026-11-21 02:30"
    told = f'backup and verify share lock "db" and {together}: one of them is skipped'
    assert (severity, message) == ("warning", told)


def test_of_one_job_its_own_meetings_are_told(clinic):
    clinic.write(SHARED)
    assert len(clinic.found("collision", job="verify")) == 1
    assert clinic.found("collision", job="other") == []


def test_a_job_that_takes_longer_than_its_rhythm_is_told(clinic):
    clinic.write(OFTEN)
    store = clinic.store()
    ran(store, "sync", State.SUCCESS, NOON - DAY, timedelta(minutes=7))
    store.close()
    ((severity, message),) = clinic.found("collision")
    assert severity == "warning"
    assert message.endswith("(p95) and is due every 5m: slots are skipped")


def test_more_jobs_at_once_than_may_run_are_told(clinic):
    jobs = [f'[jobs.j{n}]\ncron = "0 4 * * *"\ncommand = "true"\n' for n in range(4)]
    clinic.write("[settings]\nmax_parallel = 3\n" + "".join(jobs))
    ((severity, message),) = clinic.found("collision")
    assert (severity, message.startswith("4 jobs come at")) == ("warning", True)
    assert "3 may run at once" in message
