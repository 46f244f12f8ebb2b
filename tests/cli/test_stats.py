"""`jobrunner stats` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import json
import re
import subprocess
import sys

import pytest

from jobrunner.model.run import State
from jobrunner.store.value import Keep, Retention
from tests.build import NOON, FakeClock
from tests.cli.past import ledger
from tests.engine.report.ledger import DAY, HOUR, MINUTE, ran

JOBS = """
[jobs.warehouse-load]
cron = "0 1 * * *"
command = "load"
timeout = "1h"

[jobs.backup]
cron = "30 2 * * *"
command = "backup"
"""
TABLE = """\
 JOB             RUNS  OK      FAIL  TIME  MISS  SKIP  p50      p95      MAX      CPU     TREND
 warehouse-load  31    96.77%  0     1     0     0     38m 00s  45m 00s  45m 30s  26h     ▃▃▃▄▄▅▅▅
 backup          3     33.33%  2     0     0     0     11m 02s  11m 02s  11m 02s  3m 00s         ▄
 warehouse-load is getting slower: p50 up 47% in 30 days; at this rate it meets its timeout on 19
 Dec
"""
ROW = "backup 3 33.3333 1 1 0 0 0 662.0 662.0 662.0 180.0 "


@pytest.fixture
def called(call, tmp_path):
    """The command over a job that grows, and one that fails."""
    (tmp_path / "jobs.toml").write_text(JOBS)
    with ledger() as store:
        for day in range(30):
            took = 31 * MINUTE + day * MINUTE / 2
            ran(store, "warehouse-load", State.SUCCESS, NOON - (29 - day) * DAY, took, cpu=HOUR / 2)
        ran(store, "warehouse-load", State.TIMEOUT, NOON, HOUR, cpu=11 * HOUR)
        for state in (State.SUCCESS, State.FAILED, State.LOST):
            ran(store, "backup", state, NOON, 11 * MINUTE + MINUTE / 30, cpu=MINUTE)
    return call


def test_on_a_terminal_there_is_a_table_and_what_grows(called):
    assert called("stats", FORCE_TTY="1") == (0, TABLE, "")


@pytest.mark.parametrize(
    ("width", "gone"), [(80, {"CPU", "MAX", "SKIP"}), (60, {"CPU", "MAX", "SKIP", "MISS", "TREND"})]
)
def test_where_there_is_no_room_columns_go_in_a_fixed_order(called, width, gone):
    _, out, _ = called("stats", FORCE_TTY="1", JOBRUNNER_COLUMNS=str(width))
    assert set(TABLE.splitlines()[0].split()) - set(out.splitlines()[0].split()) == gone
    assert max(map(len, out.splitlines())) <= width


def test_in_a_pipe_there_are_tabs_and_whole_seconds(called):
    _, out, _ = called("stats")
    assert out.splitlines()[1] == ROW.replace(" ", "\t")


def test_json_tells_everything(called):
    first, _ = json.loads(called("stats", "--json")[1])
    assert (first["p95_seconds"], first["exact"], first["timeout_on"]) == (2700, True, "2026-12-19")
    assert (len(first["recent_seconds"]), first["change_of"]) == (8, "p50")


def test_fields_and_jobs_can_be_chosen(called):
    assert called("stats", "backup", "--fields", "job,lost")[1] == "backup\t1\n"


def test_times_that_are_not_exact_are_marked(called):
    with ledger() as store:
        list(store.prune(Retention(usual=Keep(5, 365 * DAY)), NOON, FakeClock()))
    _, out, _ = called("stats", "warehouse-load", FORCE_TTY="1")
    assert "~38m" in out or "~37m" in out
    assert "slower: mean up 47% in 30 days" in out
    assert "~ within a twentieth" in out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["bakup"], 5, 'Did you mean "backup"?'),
        (["--since", "soon"], 2, "is not a time"),
        (["--fields", "p50"], 2, "Fields: "),
    ],
)
def test_what_cannot_be_told_is_refused(called, arguments, code, words):
    found, out, complaint = called("stats", *arguments)
    assert (found, out) == (code, "")
    assert words in complaint


def test_a_day_ends_the_time_before_it(called):
    assert json.loads(called("stats", "backup", "--since", "2026-11-20", "--json")[1])[0]["runs"]


def test_bars_are_letters_where_they_cannot_be_shown(called, tmp_path):
    arguments = ["-c", f"{tmp_path}/jobs.toml", "stats", "--since", "2026-10-21"]
    done = subprocess.run(
        [sys.executable, "-m", "jobrunner", *arguments],
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "ascii", "TZ": "UTC", "FORCE_TTY": "1"},
    )
    assert re.search(r" 26h +[_.,=+*#-]{3,}", done.stdout.decode("ascii"))


def test_without_any_run_that_is_said(call):
    _, out, _ = call("stats", FORCE_TTY="1")
    assert out == "Nothing ran and nothing was due since Wed 2026-10-21 (UTC).\n"
    assert call("stats", "--json")[1] == "[]\n"
