"""`jobrunner list` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click
import pytest

from jobrunner.cli.output import SIGNS
from jobrunner.model.breaker import Breaker
from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from jobrunner.store.value import Launch
from tests.build import NOON
from tests.cli.past import ledger
from tests.engine.report.ledger import HOUR, MINUTE, failed, queued, ran, started

JOBS = """
[jobs.backup]
description = "Nightly dump"
tags = ["db"]
cron = "30 2 * * *"
command = "pg_dump app"

[jobs.invoice-sync]
cron = "*/5 * * * *"
command = "sync"

[jobs.warehouse-load]
cron = "0 1 * * *"
tags = ["db"]
command = "load"

[jobs.old-import]
cron = "0 3 1 * *"
command = "import"

[jobs.reindex]
command = "reindex"
"""
TABLE = """\
   JOB             SCHEDULE     RECENT  LAST RUN         TOOK     NEXT RUN
 ✗ backup          30 2 * * *   ✓✗✗     failed 1h ago    11m 02s  in 13h 30m
 ● invoice-sync    */5 * * * *  ✓●      running 1m 12s   -        in 5m 00s
 ✗ warehouse-load  0 1 * * *    T       timeout 12h ago  1h 00m   in 12h 00m
 ‖ old-import      0 3 1 * *    ✓       success 19d ago  5m 00s   paused until 1 Dec
   reindex         by hand              never            -        -

5 jobs, 2 failing, 1 running, 1 paused. Times in Europe/Berlin (CET). /tmp/jobs.toml
Failing: jobrunner why backup, jobrunner logs backup
"""


@pytest.fixture
def called(call, tmp_path):
    """The command over five jobs with a past."""
    (tmp_path / "jobs.toml").write_text(JOBS)
    began = timedelta(minutes=1, seconds=12)
    took = timedelta(minutes=11, seconds=2)
    until = datetime(2026, 12, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    with ledger() as store:
        ran(store, "backup", State.SUCCESS, NOON - 3 * HOUR)
        failed(store, "backup", at=NOON - 2 * HOUR)
        ran(store, "backup", State.FAILED, NOON - HOUR, took, exit_code=1)
        ran(store, "invoice-sync", State.SUCCESS, NOON - HOUR)
        started(store, queued(store, "invoice-sync", NOON - began), NOON - began)
        ran(store, "warehouse-load", State.TIMEOUT, NOON - 12 * HOUR, HOUR)
        ran(store, "old-import", State.SUCCESS, NOON - 19 * 24 * HOUR, 5 * MINUTE)
        store.pause("old-import", Pause(by="deploy", since=NOON, until=until))
    return call


def test_on_a_terminal_there_is_a_table(called, tmp_path):
    code, out, complaint = called("list", FORCE_TTY="1", JOBRUNNER_COLUMNS="200")
    assert (code, complaint) == (0, "")
    assert out.replace(str(tmp_path), "/tmp") == TABLE


@pytest.mark.parametrize(
    ("width", "gone"), [(100, set()), (80, {"RECENT"}), (64, {"RECENT", "TOOK"})]
)
def test_where_there_is_no_room_columns_go_in_a_fixed_order(called, width, gone):
    _, out, _ = called("list", FORCE_TTY="1", JOBRUNNER_COLUMNS=str(width))
    header = out.splitlines()[0].split()
    assert {"RECENT", "TOOK"} - set(header) == gone
    assert max(map(len, out.splitlines()[:6])) <= width


def test_where_several_hosts_ran_jobs_each_row_names_its_own(called):
    assert "HOST" not in called("list", FORCE_TTY="1")[1]
    with ledger() as store:
        run = queued(store, "reindex")
        store.start([Launch(run=run.id)], owner="me", host="db-1", now=NOON)
    header, *rows = called("list", FORCE_TTY="1", JOBRUNNER_COLUMNS="200")[1].splitlines()
    at = header.index("HOST")
    assert [row[at:].split()[0] for row in rows[:5]] == [*["web-1"] * 4, "db-1"]


RUNNING = "invoice-sync running */5_*_*_*_* 2026-11-20T12:58:48+01:00  2026-11-20T13:05:00+01:00"
TIMEOUT = (
    "warehouse-load timeout 0_1_*_*_* 2026-11-20T00:00:00+01:00 3600.0 2026-11-21T01:00:00+01:00"
)
NEVER = "reindex never by_hand   "


@pytest.mark.parametrize(("number", "cells"), [(1, RUNNING), (2, TIMEOUT), (4, NEVER)])
def test_in_a_pipe_there_are_tabs_and_whole_times(called, number, cells):
    line = called("list")[1].splitlines()[number]
    assert line == cells.replace(" ", "\t").replace("_", " ")


def test_fields_can_be_chosen_for_pipes_and_json(called):
    _, out, _ = called("list", "--fields", "name,tags,recent,enabled")
    assert out.splitlines()[0] == "backup\tdb\tsuccess,failed,failed\ttrue"
    _, out, _ = called("list", "--json", "--fields", "name,status,next_run_at", "--tag", "db")
    assert json.loads(out)[0] == {
        "name": "backup",
        "status": "failed",
        "next_run_at": "2026-11-21T02:30:00+01:00",
    }


def test_json_tells_everything(called):
    row = json.loads(called("list", "--json")[1])[0]
    assert row["schedule_text"] == "At 02:30 every day"
    assert row["recent"] == ["success", "failed", "failed"]
    assert row["last_run"]["exit_code"] == 1
    assert (row["consecutive_failures"], row["paused"], row["timeout_seconds"]) == (2, False, None)


def test_an_unknown_field_names_the_known_ones(called):
    code, _, complaint = called("list", "--json", "--fields", "nam")
    assert code == 2
    assert complaint.startswith('Error: unknown field "nam". Did you mean "name"?\n       Fields: ')
    assert "\n       Fields: breaker breaker_until command" in complaint


def test_who_wants_it_quiet_is_told_all_the_same_what_is_wrong(called):
    assert 'unknown field "nam"' in called("list", "-q", "--fields", "nam")[2]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--tag", "db"], ["backup", "warehouse-load"]),
        (["--status", "paused"], ["old-import"]),
        (["--status", "never", "--status", "running"], ["invoice-sync", "reindex"]),
        (["--status", "failing"], ["backup", "warehouse-load"]),
        (["--tag", "other"], []),
        (["--sort", "name"], ["backup", "invoice-sync", "old-import", "reindex", "warehouse-load"]),
        (["--sort", "next"], ["invoice-sync", "warehouse-load", "backup", "old-import", "reindex"]),
        (["--sort", "last"], ["invoice-sync", "backup", "warehouse-load", "old-import", "reindex"]),
        (["--sort", "status", "--status", "failing"], ["backup", "warehouse-load"]),
    ],
)
def test_jobs_can_be_chosen_and_sorted(called, arguments, names):
    assert called("list", "--fields", "name", *arguments)[1].split() == names


def test_an_unknown_status_is_refused(called):
    assert called("list", "--status", "broken")[0] == 2


def test_more_is_told_on_a_second_line(called):
    _, out, _ = called("list", "-v", "--tag", "db", FORCE_TTY="1")
    assert "\n     At 02:30 every day. Nightly dump\n" in out


def test_without_a_match_only_that_is_said(called, tmp_path):
    _, out, _ = called("list", "--status", "ended", FORCE_TTY="1", JOBRUNNER_COLUMNS="200")
    assert out == f"0 jobs. Times in Europe/Berlin (CET). {tmp_path}/jobs.toml\n"


def test_a_tag_that_no_job_has_is_refused(called):
    assert called("list", "--tag", "other")[0] == 5


def test_json_is_a_job_a_line(called):
    _, out, _ = called("list", "--json", "--fields", "name,enabled")
    first, second, *_ = out.splitlines()
    assert (first, second.rstrip(",")) == ("[", '  {"name": "backup", "enabled": true}')


def test_without_jobs_the_next_command_is_named(call, tmp_path):
    (tmp_path / "jobs.toml").write_text("")
    _, out, _ = call("list", FORCE_TTY="1")
    assert out.endswith("To add one: jobrunner add NAME --every 1h -- COMMAND\n")


def test_an_open_breaker_stands_beside_the_next_run(call, tmp_path):
    (tmp_path / "jobs.toml").write_text(
        '[jobs.a]\nevery = "1h"\ncommand = "x"\nbreaker = { after = 1, cooldown = "5m" }\n'
    )
    with ledger() as store:
        closed = Breaker(name="a")
        store.move_breaker(closed, Breaker(name="a", state="open", failures=1, opened_at=NOON))
    assert " in 1h 00m, breaker open for 5m\n" in call("list", FORCE_TTY="1")[1]


@pytest.mark.parametrize("width", ["200", "60"])
def test_colour_changes_nothing_but_the_colour(called, width):
    _, plain, _ = called("list", FORCE_TTY="1", JOBRUNNER_COLUMNS=width)
    _, coloured, _ = called("--color", "always", "list")
    assert coloured != plain
    assert click.unstyle(coloured) == plain


def test_every_state_has_a_sign_and_a_word(call):
    assert {*State, "paused"} <= SIGNS.keys()


def test_words_stand_in_for_signs_that_cannot_be_shown(called, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "jobrunner", "-c", f"{tmp_path}/jobs.toml", "list"],
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "ascii", "TZ": "UTC", "FORCE_TTY": "1"},
    )
    rows = done.stdout.decode("ascii").splitlines()
    assert rows[0].startswith("       JOB ")
    assert rows[1].startswith(" FAIL  backup          30 2 * * *   .FF ")
    assert [row.split()[0] for row in rows[2:5]] == ["run", "TIME", "pause"]
