"""`jobrunner resume` as its reader meets it, at 13:00 CET on Friday 2026-11-20."""

import pytest

from tests.engine.actions.foreman import staged


@pytest.fixture
def stage(tmp_path, monkeypatch, capsys):
    with staged(tmp_path, monkeypatch, capsys) as stage:
        yield stage


def test_a_job_goes_on_and_its_next_slot_is_told(stage):
    stage.call("pause", "backup")
    told = "Resumed backup (paused by deploy). Next: Sat 2026-11-21 02:30 CET\n"
    assert stage.call("resume", "backup") == (0, told, "")
    assert stage.foreman.store.health() == {}


def test_a_job_that_is_not_paused_says_so(stage):
    assert stage.call("resume", "backup") == (0, "backup is not paused.\n", "")


def test_a_job_that_stays_paused_with_all_others_says_so(stage):
    stage.call("pause", "--all")
    _, out, _ = stage.call("resume", "backup")
    assert "all jobs are paused (deploy): jobrunner resume --all" in out


def test_all_jobs_go_on_with_those_that_were_paused_by_name(stage):
    stage.call("pause", "--all")
    stage.call("pause", "backup")
    _, out, _ = stage.call("resume", "--all")
    assert out.startswith("Resumed all jobs (paused by deploy).")
    assert "Resumed backup (paused by deploy)." in out
    assert stage.foreman.store.health() == {}


def test_all_jobs_that_are_not_paused_say_so(stage):
    assert stage.call("resume", "--all") == (0, "All jobs are not paused.\n", "")


def test_an_unknown_job_is_met_with_the_one_that_was_meant(stage):
    code, _, err = stage.call("resume", "bakup")
    assert (code, 'Did you mean "backup"?' in err) == (5, True)
