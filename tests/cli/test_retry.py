"""`jobrunner retry` as its reader meets it."""

import pytest

from jobrunner.model.run import State, Trigger
from tests.engine.actions.foreman import staged


@pytest.fixture
def stage(tmp_path, monkeypatch, capsys):
    with staged(tmp_path, monkeypatch, capsys) as stage:
        yield stage


def ended(stage, state=State.FAILED, code=1):
    run = stage.foreman.start("backup")
    stage.foreman.finish(run, state, code)
    return run


@pytest.mark.parametrize("name", ["1", "backup"])
def test_the_new_run_has_a_number_that_is_told(stage, name):
    ended(stage)
    assert stage.call("retry", name) == (0, "#2\n", "")
    assert stage.foreman.store.run(2).trigger is Trigger.RETRY


def test_who_waits_sees_it_and_gets_its_code(stage):
    ended(stage)
    stage.foreman.scripts = {"backup": [(b"again\n", 4)]}
    code, out, err = stage.call("retry", "1", "--wait")
    assert (code, out) == (4, "again\n")
    assert err.startswith("backup #2, retry (deploy)")


def test_a_success_is_tried_again_only_if_it_is_named_itself(stage):
    ended(stage, State.SUCCESS, 0)
    code, _, err = stage.call("retry", "backup")
    assert code == 6
    assert "#1, succeeded" in err
    assert "jobrunner run backup" in err
    assert stage.call("retry", "1")[:2] == (0, "#2\n")


def test_what_goes_on_is_not_tried_again(stage):
    stage.foreman.start("backup")
    code, _, err = stage.call("retry", "1")
    assert (code, "is not over yet" in err) == (6, True)


def test_a_job_that_never_ran_has_nothing_to_try_again(stage):
    code, _, err = stage.call("retry", "backup")
    assert (code, "has not run yet" in err) == (5, True)
