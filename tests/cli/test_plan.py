"""`jobrunner plan` as its user meets it, at noon UTC on Friday 2026-11-20."""

import io
import json

import pytest


@pytest.fixture
def other(call, tmp_path):
    def other(text):
        (tmp_path / "new.toml").write_text(text)
        return "new.toml"

    return other


HELLO = '[jobs.hello]\ncron = "{}"\ncommand = "echo hello"\n'
REST = """
[jobs.report]
cron = "0 7 * * 1-5"
timezone = "America/New_York"
command = "report"

[jobs.by-hand]
command = "true"
"""


def test_slots_that_come_and_go_are_told_job_by_job(call, other):
    code, said, _ = call(
        "plan", other(HELLO.format("0 3 * * *") + REST), "--within", "1d", FORCE_TTY="1"
    )
    assert code == 0
    assert "  hello: 95 slots would go, 1 stays\n" in said
    assert "    - Fri 2026-11-20 13:15 CET, 13:30, 13:45 and 92 more\n" in said
    assert "report" not in said


def test_a_file_that_says_the_same_changes_nothing(call, tmp_path):
    said = call("plan", "jobs.toml", FORCE_TTY="1")[1]
    assert said.startswith("No job changed.\nNo slot until Fri 2026-11-27 would be another.\n")


def test_jobs_that_are_added_and_removed_are_told(call, other):
    rows = json.loads(
        call("plan", other(REST + '[jobs.new]\nevery = "12h"\ncommand = "x"\n'), "--json")[1]
    )
    told = {row["job"]: (row["change"], len(row["slots_gained"]) > 0) for row in rows}
    assert told == {"new": ("added", True), "hello": ("removed", False)}


def test_a_file_with_errors_is_told_and_nothing_is_written(call, other, tmp_path):
    before = (tmp_path / "jobs.toml").read_text()
    code, _, said = call("plan", other(HELLO.format("61 * * * *")))
    assert code == 3
    assert "E110" in said
    assert (tmp_path / "jobs.toml").read_text() == before


def test_another_file_comes_from_standard_input(call, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(REST))
    rows = json.loads(call("plan", "-", "--json", "--fields", "job,change")[1])
    assert rows == [{"job": "hello", "change": "removed"}]


def test_a_file_that_is_not_there_is_told(call):
    code, _, said = call("plan", "missing.toml")
    assert code == 3
    assert "missing.toml" in said
