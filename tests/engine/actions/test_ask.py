"""Asking the supervisor: what is refused before, and what is answered."""

import pytest

from jobrunner.engine.actions import ask
from jobrunner.engine.order import RunOrder
from jobrunner.errors import BusyError, UnknownError, UnusableError
from jobrunner.model.run import State
from tests.build import NOON


def run(foreman, job="backup", **order):
    return ask.run(foreman.scene(), job, RunOrder(**order), by="deploy", now=foreman.now())


def test_a_request_is_in_the_ledger_before_anybody_is_woken(foreman):
    request = foreman.store.request(run(foreman))
    assert (request.kind, request.job, request.asked_by) == ("run", "backup", "deploy")
    assert request.done is None


def test_the_answer_is_the_number_of_the_run(foreman):
    request = run(foreman)
    assert ask.answer(foreman.scene(), request, foreman) == "1"


def test_who_gives_up_has_no_answer(foreman):
    assert ask.answer(foreman.scene(), run(foreman), foreman, lambda: True) is None


def test_a_no_is_told(foreman):
    foreman.refusal = "not today"
    with pytest.raises(BusyError, match="not today"):
        ask.answer(foreman.scene(), run(foreman), foreman)


def test_an_unknown_job_is_met_with_the_one_that_was_meant(foreman):
    with pytest.raises(UnknownError, match='no job named "bakup"') as refusal:
        run(foreman, "bakup")
    assert str(refusal.value).endswith('Did you mean "backup"?')


def test_parameters_that_the_job_does_not_take_are_refused(foreman):
    with pytest.raises(UnusableError, match="orders"):
        run(foreman, "index", params={"which": "all"})


def test_a_second_run_is_refused_with_what_to_do(foreman):
    first = foreman.start("backup")
    with pytest.raises(BusyError) as refusal:
        run(foreman)
    told, advice = str(refusal.value).splitlines()
    assert told == f"backup is already running: #{first.id} since 13:00:00 (0.0s)."
    assert f"jobrunner logs -f {first.id}" in advice
    assert f"jobrunner stop {first.id}" in advice
    assert "--overlap allow" in advice


@pytest.mark.parametrize("overlap", ["queue", "allow", "replace"])
def test_who_insists_may_ask_for_a_second_run(foreman, overlap):
    foreman.start("backup")
    assert run(foreman, overlap=overlap)


def test_a_run_that_is_over_can_be_retried(foreman):
    old = foreman.start("backup")
    foreman.finish(old, State.FAILED, 1)
    request = ask.retry(foreman.scene(), foreman.store.run(old.id), by="deploy", now=NOON)
    assert foreman.store.request(request).run == old.id


def test_a_run_that_is_not_over_is_not_retried(foreman):
    with pytest.raises(BusyError, match="is not over yet"):
        ask.retry(foreman.scene(), foreman.start("backup"), by="deploy", now=NOON)


def test_a_run_that_is_over_is_not_stopped(foreman):
    old = foreman.start("backup")
    foreman.finish(old, State.FAILED, 1)
    with pytest.raises(BusyError, match="already over: failed"):
        ask.stop(foreman.scene(), foreman.store.run(old.id), by="deploy", now=NOON)


def test_what_is_in_no_file_cannot_be_run(foreman):
    here = foreman.scene()
    fileless = type(here)(
        config=type(here.config)(origin="<stdin>", jobs=here.config.jobs),
        state=here.state,
        store=here.store,
    )
    with pytest.raises(UnusableError, match="standard input"):
        ask.run(fileless, "backup", RunOrder(), by="deploy", now=NOON)
