"""`jobrunner history` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import json
import re

import pytest

from jobrunner.cli.main import run
from jobrunner.model.run import State
from tests.build import NOON
from tests.cli.nights import DAY, SLOT, Past, three_nights
from tests.store.life import MINUTE, queue

PROMISED = (
    *("id", "job", "scheduled_for", "trigger", "state", "reason", "attempts", "started_at"),
    *("finished_at", "duration_seconds", "exit_code", "signal", "host", "message", "data"),
)

TABLE = """\
   RUN  PLANNED (CET)         STARTED  TOOK     RESULT          TRY  TRIGGER
 ✗ #3   Fri 2026-11-20 02:30  +1s      11m 02s  failed, exit 1  1/4  schedule
 ! -    Thu 2026-11-19 02:30  -        -        missed          -    no tick 02:11-06:30
 ✓ #1   Wed 2026-11-18 02:30  +1s      11m 02s  success         1/4  schedule
3 of 3. Filters: --status failed --since 7d --until 1d --trigger manual --tag db
"""


@pytest.fixture
def past(call, tmp_path):
    return three_nights(tmp_path)


def test_on_a_terminal_it_is_a_table_in_the_zone_of_the_job(call, past):
    assert call("history", "backup", FORCE_TTY="1") == (0, TABLE, "")


def test_of_several_jobs_each_row_names_its_own(call, past):
    queue(past.store, "report")
    _, out, _ = call("history", FORCE_TTY="1")
    assert out.startswith("   RUN  JOB     PLANNED (CET)  ")
    assert " ○ #4   report  Fri 2026-11-20 13:00  -        -        queued" in out
    assert "by hand (deploy)" in out


def test_how_many_more_there_are_is_said(call, past):
    _, out, _ = call("history", "backup", "-n", "1", FORCE_TTY="1")
    assert out.splitlines()[-1].startswith("1 of 3. Filters:")


def test_nothing_is_said_to_be_nothing(call, past):
    _, out, _ = call("history", "report", FORCE_TTY="1")
    assert out.startswith("No runs. Filters:")


@pytest.mark.parametrize("width", [60, 80])
def test_no_line_is_wider_than_the_terminal(call, past, width):
    past.ran(SLOT + MINUTE, State.FAILED, exit_code=137, reason="r" * 200)
    _, out, _ = call("history", FORCE_TTY="1", JOBRUNNER_COLUMNS=str(width))
    assert max(map(len, out.splitlines())) <= width


def test_a_stretch_of_slots_is_one_row_with_their_number(call, tmp_path):
    past = Past(tmp_path)
    last = SLOT - DAY
    past.left_out(State.SKIPPED, last - 2 * DAY, "paused by ann", until=NOON, last=last, count=3)
    _, out, _ = call("history", FORCE_TTY="1")
    assert "skipped (3 slots)" in out
    assert "paused by ann" in out


def test_a_run_that_goes_on_is_told_with_how_long_it_has(call, past):
    past.begin(queue(past.store), NOON - MINUTE)
    assert "1m 00s   running" in call("history", "backup", FORCE_TTY="1")[1]


def test_in_a_pipe_there_are_tabs_and_whole_times(call, past):
    _, out, _ = call("history", "backup", "-n", "2")
    failed, missed = out.splitlines()
    assert failed == (
        "3\tbackup\t2026-11-20T02:30:00+01:00\tschedule\tfailed\t1\t2026-11-20T02:30:01+01:00"
        "\t2026-11-20T02:41:03+01:00\t662.0\t1\texit 1"
    )
    assert missed.endswith("\tmissed\t0\t\t2026-11-19T06:30:00+01:00\t\t\t4h late or more")


def test_as_json_rows_are_whole_and_newest_first(call, past):
    rows = json.loads(call("history", "backup", "--json")[1])
    assert [row["id"] for row in rows] == [3, 2, 1]
    told = {"job": "backup", "state": "failed", "exit_code": 1, "signal": None, "reason": "exit 1"}
    told |= {"trigger": "schedule", "duration_seconds": 662.0, "data": {"rows": 5}, "attempts": 1}
    assert told.items() <= rows[0].items()
    assert rows[0]["scheduled_for"] == "2026-11-20T02:30:00+01:00"


def test_a_row_has_what_programs_are_promised(call, past):
    row = json.loads(call("history", "backup", "--json")[1])[0]
    assert {*PROMISED} <= {*row}


def test_as_ndjson_a_row_is_a_line(call, past):
    _, out, _ = call("history", "--all", "--ndjson", "--fields", "id,state")
    assert [json.loads(line) for line in out.splitlines()] == [
        {"id": 3, "state": "failed"},
        {"id": 2, "state": "missed"},
        {"id": 1, "state": "success"},
    ]


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (["--status", "failed,missed"], "3 2"),
        (["--status", "failed", "--status", "success"], "3 1"),
        (["--since", "2026-11-19"], "4 3 2"),
        (["--since", "1d"], "4 3"),
        (["--until", "2026-11-18"], "1"),
        (["--until", "2026-11-19 06:30"], "2 1"),
        (["--trigger", "manual"], "4"),
        (["--tag", "db"], "3 2 1"),
        (["--tag", "db", "report"], ""),
        (["report", "backup", "-n", "2"], "4 3"),
    ],
)
def test_filters_choose(call, past, arguments, ids):
    queue(past.store, "report")
    _, out, _ = call("history", *arguments, "--fields", "id")
    assert " ".join(out.split()) == ids


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["bakup"], 5, 'no job named "bakup". Did you mean "backup"?'),
        (["--tag", "dbs"], 5, 'no tag named "dbs". Did you mean "db"?'),
        (["--status", "faild"], 2, 'no state named "faild". Did you mean "failed"?'),
        (["--trigger", "manuel"], 2, 'Did you mean "manual"?'),
        (["--since", "soon"], 2, '"soon" is not a time: write 2026-11-17'),
        (["--fields", "idd"], 2, 'Did you mean "id"?'),
        (["--all", "-n", "3"], 2, "--all and --limit exclude one another"),
    ],
)
def test_a_refusal_says_what_was_meant(call, past, arguments, code, told):
    found, out, complaint = call("history", *arguments)
    assert (found, out) == (code, "")
    assert told in complaint


def test_the_history_of_a_job_that_is_removed_is_still_there(call, past, tmp_path):
    (tmp_path / "jobs.toml").write_text('[jobs.other]\ncommand = "x"\n')
    assert call("history", "backup", "--fields", "id")[1] == "3\n2\n1\n"


def test_what_a_job_says_reaches_no_terminal_as_it_is(call, past):
    past.ran(SLOT + MINUTE, State.FAILED, reason="a\x1b[2J\tb\nc")
    for environ in ({}, {"FORCE_TTY": "1"}):
        _, out, _ = call("history", "-n", "1", **environ)
        assert "\x1b" not in out
        assert len(out.splitlines()) == 1 + 2 * bool(environ)


@pytest.mark.parametrize("command", ["history", "logs", "why"])
def test_what_happened_can_be_told_though_jobs_toml_is_broken(call, past, tmp_path, command):
    (tmp_path / "jobs.toml").write_text("[jobs.backup\n")
    code, out, complaint = call(command, "backup")
    assert (code, complaint) == (0, "")
    assert out


def test_what_exec_kept_can_be_told_without_any_jobs_toml(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JOBRUNNER_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(["exec", "--name", "sync", "--", "true"]) == 0
    assert run(["history", "sync"]) == 0
    assert "\tsync\t" in capfd.readouterr().out


def test_without_jobs_toml_and_ledger_there_is_nothing_to_tell(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JOBRUNNER_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(["history"]) == 3
    assert "Create one: jobrunner init" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def test_where_several_hosts_ran_something_each_row_names_its_own(call, past):
    queue(past.store, "report", host="db-1")
    out = call("history", FORCE_TTY="1")[1]
    assert "TRY  HOST" in out.splitlines()[0]
    assert re.search(r"report .* 0/1 +db-1 +by hand", out)
    assert "HOST" not in call("history", "backup", FORCE_TTY="1")[1].splitlines()[0]


def test_what_ran_on_one_host_can_be_chosen(call, past):
    queue(past.store, "report", host="db-1")
    assert call("history", "--host", "db-1", "--fields", "job,host")[1] == "report\tdb-1\n"
    assert call("history", "--host", "web-9", "--fields", "job,host")[1] == ""
