"""`jobrunner stop` as its reader meets it."""

import pytest

from tests.engine.actions.foreman import staged


@pytest.fixture
def stage(tmp_path, monkeypatch, capsys):
    with staged(tmp_path, monkeypatch, capsys) as stage:
        yield stage


@pytest.fixture(autouse=True)
def endless(stage):
    stage.foreman.scripts = {"backup": [(b"", None)]}


@pytest.mark.parametrize("name", ["1", "#1", "backup", "backup@running"])
def test_a_run_is_stopped_and_its_end_told(stage, name):
    stage.foreman.start("backup")
    assert stage.call("stop", name) == (
        0,
        "⊘ backup #1 was stopped: 2.0s\n  stopped for a reason\n",
        "",
    )


def test_all_is_everything_that_goes_on(stage):
    stage.foreman.start("backup")
    stage.foreman.add("flaky")
    code, out, _ = stage.call("stop", "--all")
    assert (code, out.count("was stopped")) == (0, 2)
    assert stage.foreman.store.live() == []


def test_who_does_not_wait_is_told_what_was_asked(stage):
    stage.foreman.start("backup")
    code, out, _ = stage.call("stop", "backup", "--no-wait")
    assert (code, out) == (0, "backup #1 is asked to stop.\n")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "name what to stop: a run, a job, or --all"),
        (["backup", "--all"], 2, "name what to stop"),
        (["--all"], 6, "there is nothing to stop"),
        (["backup"], 6, "no run of backup is going on"),
        (["bakup"], 5, 'Did you mean "backup"?'),
        (["77"], 5, "no run 77"),
    ],
)
def test_a_refusal_says_why(stage, arguments, code, told):
    found, out, err = stage.call("stop", *arguments)
    assert (found, out) == (code, "")
    assert told in err
