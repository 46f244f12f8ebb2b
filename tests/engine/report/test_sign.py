"""One word on a job, or on all of them."""

from datetime import timedelta

from jobrunner.engine.report.sign import sign_of, sign_of_all
from jobrunner.model.run import State
from tests.build import NOON, make_job
from tests.engine.report.ledger import HOUR, MINUTE, failed, queued, ran, started

JOB = make_job(name="backup")
JOBS = {"backup": JOB}


def test_a_job_that_runs_again_after_it_failed_is_failed_still(store):
    failed(store, "backup")
    started(store, queued(store, "backup"), NOON)
    assert sign_of(store, JOB, NOON).status == "failed"


def test_a_job_tells_its_last_success(store):
    ran(store, "backup", State.SUCCESS)
    sign = sign_of(store, JOB, NOON)
    assert (sign.name, sign.status) == ("backup", "success")
    assert sign.last_success_at == NOON - HOUR


def test_a_job_that_never_ran_says_so(store):
    assert sign_of(store, JOB, NOON).status == "never"


def test_all_are_missed_while_no_tick_comes(store):
    assert sign_of_all(store, JOBS, NOON).status == "missed"
    store.note_tick("web-1", NOON - MINUTE, timedelta(minutes=2))
    assert sign_of_all(store, JOBS, NOON).status == "success"


def test_all_are_failed_while_one_of_them_fails(store):
    store.note_tick("web-1", NOON - MINUTE, timedelta(minutes=2))
    failed(store, "backup")
    assert sign_of_all(store, JOBS, NOON).status == "failed"
    assert sign_of_all(store, {}, NOON).status == "success"
