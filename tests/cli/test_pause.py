"""`jobrunner pause` as its reader meets it, at 13:00 CET on Friday 2026-11-20."""

import pytest

from tests.engine.actions.foreman import staged


@pytest.fixture
def stage(tmp_path, monkeypatch, capsys):
    with staged(tmp_path, monkeypatch, capsys) as stage:
        yield stage


def test_who_why_and_until_when_are_told(stage):
    told = (
        "Paused backup until Fri 2026-11-20 15:00 CET (deploy: db1 maintenance)."
        " No planned run falls in it.\n"
        "  resume early: jobrunner resume backup\n"
    )
    options = ("--for", "2h", "--reason", "db1 maintenance")
    assert stage.call("pause", "backup", *options) == (0, told, "")


@pytest.mark.parametrize(
    ("length", "end"), [("2h", "15:00 CET"), ("10m", "13:10 CET"), ("9m", "13:09:31 CET")]
)
def test_a_long_pause_ends_with_a_minute(stage, length, end):
    stage.foreman.sleep(31)
    assert f"until Fri 2026-11-20 {end}" in stage.call("pause", "backup", "--for", length)[1]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            ["--until", "2026-11-21 08:00"],
            "08:00 CET (deploy). 1 planned run falls in it: Sat 2026-11-21 02:30.\n",
        ),
        (["--until", "02:31"], "until Sat 2026-11-21 02:31 CET (deploy). 1 planned run"),
        (["--for", "7d"], " 7 planned runs fall in it: Sat 2026-11-21 02:30, "),
        (
            [],
            "until resumed (deploy). The first planned run that is skipped: Sat 2026-11-21 02:30.",
        ),
    ],
)
def test_the_planned_runs_that_fall_into_it_are_told(stage, options, told):
    assert told in stage.call("pause", "backup", *options)[1]


def test_to_pause_again_in_the_same_way_says_so(stage):
    stage.call("pause", "backup", "--until", "2026-11-21")
    told = "backup is already paused until Sat 2026-11-21 00:00 CET (deploy).\n"
    assert told in stage.call("pause", "backup", "--until", "2026-11-21")[1]


def test_another_end_tells_the_one_before(stage):
    stage.call("pause", "backup", "--until", "2026-11-21")
    _, out, _ = stage.call("pause", "backup", "--until", "2026-11-22")
    assert "Paused backup until Sun 2026-11-22 00:00 CET (was until Sat 2026-11-21" in out


def test_all_jobs_are_paused_as_one(stage):
    _, out, _ = stage.call("pause", "--all", "--for", "1h")
    assert out.startswith("Paused all jobs until Fri 2026-11-20 14:00 CET (deploy).")
    assert out.endswith("resume early: jobrunner resume --all\n")
    assert list(stage.foreman.store.health()) == ["*"]


def test_jobs_are_found_by_their_tag(stage):
    stage.call("pause", "--tag", "db")
    assert list(stage.foreman.store.health()) == ["backup"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "name jobs, a --tag, or --all"),
        (["backup", "--all"], 2, "name jobs, a --tag, or --all"),
        (["backup", "--for", "soon"], 2, "is not a duration"),
        (["backup", "--for", "0s"], 2, "a pause of no time is none"),
        (["backup", "--until", "2020-01-01"], 2, "has been already"),
        (["backup", "--for", "1h", "--until", "08:00"], 2, "two ways to say one thing"),
        (["backup", "bakup"], 5, 'Did you mean "backup"?'),
    ],
)
def test_a_refusal_pauses_nothing(stage, arguments, code, told):
    found, out, err = stage.call("pause", *arguments)
    assert (found, out) == (code, "")
    assert told in err
    assert stage.foreman.store.health() == {}
