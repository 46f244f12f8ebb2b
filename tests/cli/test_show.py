"""`jobrunner show` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import json
from datetime import timedelta

import pytest

from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from jobrunner.store.value import Launch
from tests.build import NOON
from tests.cli.past import ledger
from tests.engine.report.ledger import HOUR, failed, ran
from tests.store.life import queue

JOBS = """\
[defaults]
timezone = "Europe/Berlin"

[jobs.backup]
description = "Nightly database dump"
docs = "https://wiki.example.com/backup"
cron = "30 2 * * *"
command = '''set -eu
pg_dump app | zstd > out'''
shell = ["/bin/bash", "-o", "pipefail"]
cwd = "/var/lib/postgresql"
timeout = "2h"
retry = { attempts = 3, delay = "1m" }
lock = "db"
catch_up = "latest"
limits = { nice = 10, memory = "2GiB" }
env = { PGPASSWORD = "hunter2" }

[jobs.report]
cron = "0 7 * * 1-5"
timezone = "America/New_York"
command = ["report", "--token=hunter2"]

[jobs.reindex]
command = "reindex"
"""
SHEET = """\
backup: Nightly database dump                                    ✗ failed, 2 in a row
  docs        https://wiki.example.com/backup
  defined     jobs.toml:4
  schedule    30 2 * * *   At 02:30 every day, Europe/Berlin            (timezone: [defaults])
  next        Sat 2026-11-21 02:30 CET   in 13h 30m
              Sun 22 Nov 02:30, Mon 23 Nov 02:30, Tue 24 Nov 02:30
              Sun 2027-03-28: 02:30 does not exist that day, runs at 03:00 CEST
  command     set -eu; pg_dump app | zstd > out   (2 lines; /bin/bash -o pipefail -c)
  runs as     the supervisor's user, in /var/lib/postgresql, umask 022
  limits      timeout 2h per attempt, then SIGTERM, SIGKILL after 10s; nice 10; memory 2 GiB
  retries     3 more attempts: after 1m, 2m, 4m                         (backoff exponential)
  overlap     skip; lock "db"; after downtime: run the latest missed slot once
  last 5      ✗ #3 11:48 exit 1 11m 02s   ✗ #2 exit 1 1m 00s   ✓ #1 11m 00s
  usual time  p50 11m 00s, p95 11m 00s over 1 run
  settings    env.PGPASSWORD = "***"                                    (jobs.toml:17)

jobrunner logs backup, jobrunner run backup, jobrunner edit backup
"""


@pytest.fixture
def called(call, tmp_path):
    (tmp_path / "jobs.toml").write_text(JOBS)
    with ledger() as store:
        ran(store, "backup", State.SUCCESS, NOON - 3 * HOUR, timedelta(minutes=11))
        failed(store, "backup", at=NOON - 2 * HOUR)
        took = timedelta(minutes=11, seconds=2)
        ran(store, "backup", State.FAILED, NOON - HOUR, took, exit_code=1)
    return call


def test_a_job_is_shown_with_all_there_is_to_know(called, tmp_path):
    code, out, complaint = called("show", "backup", JOBRUNNER_COLUMNS="100")
    assert (code, complaint) == (0, "")
    assert out.replace(f"{tmp_path}/", "") == SHEET


@pytest.mark.parametrize("width", [60, 80])
def test_the_state_beside_the_name_stays_on_its_line(called, width):
    _, out, _ = called("show", "backup", JOBRUNNER_COLUMNS=str(width))
    assert out.splitlines()[0].endswith("failed, 2 in a row")
    assert len(out.splitlines()[0]) <= width


def test_every_key_that_is_set_is_told_if_asked_for(called):
    _, out, _ = called("show", "backup", "-v", JOBRUNNER_COLUMNS="100")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert 'timezone = "Europe/Berlin" ([defaults], jobs.toml:2)' in lines
    assert "limits.nice = 10 (jobs.toml:16)" in lines


def test_windows_are_told_with_their_lines(call, tmp_path):
    window = 'start = 2026-11-01\nend = 2026-12-31\nbetween = "08:00-20:00"\n'
    (tmp_path / "jobs.toml").write_text(f'[jobs.a]\ncron = "5 9 * * *"\ncommand = "x"\n{window}')
    told = " ".join(call("show", "a")[1].split())
    assert 'start = "2026-11-01" (jobs.toml:4) end = "2026-12-31" (jobs.toml:5)' in told
    assert 'between = ["08:00-20:00"] (jobs.toml:6)' in told


@pytest.mark.parametrize("arguments", [["-v"], ["--json"], []])
@pytest.mark.parametrize("job", ["backup", "report"])
def test_no_secret_is_shown(called, job, arguments):
    _, out, _ = called("show", job, *arguments)
    assert "***" in out
    assert "hunter2" not in out


def test_a_job_in_another_zone_shows_both(called):
    _, out, _ = called("show", "report")
    assert "next        Mon 2026-11-23 07:00 EST = 13:00 CET   Mon 07:00\n" in out


def test_a_job_by_hand_has_nothing_to_come(called):
    _, out, _ = called("show", "reindex")
    assert "  schedule    by hand" in out
    assert "  next        -\n" in out
    assert "  last 5      never ran\n" in out


def test_a_pause_is_told_with_who_and_why(called):
    with ledger() as store:
        pause = Pause(by="deploy", reason="db1", since=NOON, until=NOON + 2 * HOUR)
        store.pause("reindex", pause)
    assert "  paused      until 15:00, by deploy: db1\n" in called("show", "reindex")[1]


def test_json_is_one_object(called):
    found = json.loads(called("show", "backup", "--json")[1])
    assert found["upcoming"][0] == "2026-11-21T02:30:00+01:00"
    assert (found["retries_text"], found["successes"]) == (
        "3 more attempts: after 1m, 2m, 4m",
        1,
    )
    assert {"key": "limits.memory", "value": "2GiB", "from_defaults": False}.items() <= next(
        one for one in found["settings"] if one["key"] == "limits.memory"
    ).items()


def test_fields_can_be_chosen(called):
    assert called("show", "backup", "--fields", "name,p50_seconds")[1].startswith("backup\t66")
    out = called("show", "backup", "--json", "--fields", "name,docs")[1]
    assert json.loads(out) == {"name": "backup", "docs": "https://wiki.example.com/backup"}


def test_an_unknown_job_is_met_with_the_one_that_was_meant(called):
    complaint = 'Error: no job named "bakup". Did you mean "backup"?\n'
    assert called("show", "bakup") == (5, "", complaint)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_no_line_is_wider_than_the_terminal(called, width):
    _, out, _ = called("show", "backup", "-v", JOBRUNNER_COLUMNS=str(width))
    words = [line for line in out.splitlines()[1:-1] if "/" not in line]
    assert max(map(len, words)) <= width


def test_what_a_terminal_would_act_on_is_neutralised(call, tmp_path):
    (tmp_path / "jobs.toml").write_text(
        '[jobs.a]\ncommand = "x\\u001b[31my"\ndescription = "\\u202e"\n'
    )
    _, out, _ = call("show", "a")
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_who_names_no_job_at_all_is_told_where_they_are(called):
    code, _, complaint = called("show", "zzz")
    assert (code, complaint) == (5, 'Error: no job named "zzz". The jobs: jobrunner list\n')


def test_where_several_hosts_ran_a_job_each_run_says_on_which(call):
    with ledger() as store:
        ran(store, "hello", State.SUCCESS)
        run = queue(store, "hello", host="db-1")
        store.start([Launch(run=run.id)], owner="me", host="db-1", now=NOON)
    out = call("show", "hello", FORCE_TTY="1")[1]
    assert "on db-1" in out
    assert "on web-1" in out


def test_where_one_host_ran_it_none_is_named(call):
    with ledger() as store:
        ran(store, "hello", State.SUCCESS)
    assert "on web-1" not in call("show", "hello", FORCE_TTY="1")[1]
