"""`jobrunner load` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import json

import pytest

from jobrunner.model.run import State
from tests.cli.past import ledger
from tests.engine.report.ledger import MINUTE, ran

JOBS = """
[jobs.sync]
cron = "*/5 * * * *"
command = "sync"

[jobs.backup]
cron = "30 2 * * *"
command = "backup"
lock = "db"

[jobs.verify]
cron = "35 2 * * 1"
command = "verify"
lock = "db"
"""
CROWD = "".join(f'[jobs.n{n}]\ncron = "0 0 * * *"\ncommand = "x"\n' for n in range(6))
LINES = """\
 ! sync usually takes 6m 00s, its next slot can come after 5m 00s: slots will be skipped (overlap =
   "skip")
 ! verify is due while backup runs (lock "db"), at Mon 2026-11-23 02:35: its slot is skipped
 ! 00:00 starts 7 jobs (n0, n1, n2 and 4 others); 00:17 is free
 2,066 slots, with the usual times of 30 days; 7 jobs not measured yet, taken for instant. Times in
 Europe/Berlin.
"""


@pytest.fixture
def called(call, tmp_path):
    (tmp_path / "jobs.toml").write_text(JOBS + CROWD)
    with ledger() as store:
        ran(store, "sync", State.SUCCESS, took=6 * MINUTE)
        ran(store, "backup", State.SUCCESS, took=11 * MINUTE)
    return call


def test_on_a_terminal_there_are_a_map_and_what_to_do_about_it(called):
    code, out, complaint = called("load", FORCE_TTY="1")
    lines = out.splitlines(keepends=True)
    assert (code, complaint) == (0, "")
    assert lines[0] == " The most runs at once in each hour, until Fri 2026-11-27 13:00 CET:\n"
    assert lines[2].startswith(" Mon   8  2  4  2  2 ")
    assert "".join(lines[9:]) == LINES


def test_the_minutes_of_the_hour_are_a_map_of_their_own(called):
    _, out, _ = called("load", "--hour", FORCE_TTY="1")
    assert out.splitlines()[2:4] == [
        " :0x   7  .  .  .  .  1  .  .  .  .",
        " :1x   1  .  .  .  .  1  .  .  .  .",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_line_is_wider_than_the_terminal(called, width):
    _, out, _ = called("load", FORCE_TTY="1", JOBRUNNER_COLUMNS=str(width))
    assert max(map(len, out.splitlines())) <= width


def test_in_a_pipe_there_is_the_map(called):
    _, out, _ = called("load")
    assert [line.split("\t")[:3] for line in out.splitlines()][::6] == [
        ["Mon", "8", "2"],
        ["Sun", "8", "2"],
    ]
    assert called("load", "--hour")[1].startswith("00\t7\n01\t0\n")


def test_json_tells_everything(called):
    (found,) = json.loads(called("load", "--json")[1])
    assert found["crowds"][0]["quieter"] == "00:17"
    assert found["meetings"][0]["first_at"] == "2026-11-23T02:35:00+01:00"
    assert (found["slots"], found["timezone"]) == (2066, "Europe/Berlin")


@pytest.mark.parametrize("within", ["soon", "0s", "93d"])
def test_a_distance_that_is_none_is_refused(called, within):
    assert called("load", "--within", within)[:2] == (2, "")


def test_without_jobs_the_map_is_empty(call, tmp_path):
    (tmp_path / "jobs.toml").write_text("")
    code, out, _ = call("load", FORCE_TTY="1")
    assert code == 0
    assert out.count("  .") == 7 * 24
