"""`jobrunner status` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import json
import re
from datetime import timedelta

import pytest

from jobrunner.cli.caller import asker
from jobrunner.engine import plan
from jobrunner.engine.scene import scene
from jobrunner.model.breaker import Breaker
from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from tests.build import NOON
from tests.cli.past import ledger
from tests.engine.report.ledger import DAY, HOUR, MINUTE, failed, ran

JOBS = """\
[settings]
host = "web-1"

[jobs.backup]
cron = "30 2 * * *"
command = "pg_dump app"

[jobs.invoice-sync]
cron = "*/5 * * * *"
command = "sync"
breaker = { name = "shop", cooldown = "5m" }

[jobs.warehouse-load]
cron = "0 1 * * *"
command = "load"
"""
SCREEN = """\
✗ web-1: 2 of 3 jobs failing
  ✗ backup          2 failures in a row since 11:00; last success Wed 18 Nov 13:00
  ✗ warehouse-load  timeout at 12:00, took 1h 00m (usual 31m 00s)
  ✓ ticker          last tick 31s ago, no gap in 24h; supervisor asleep
  ✓ database        SIZE, FOLDER/db/ledger.db
  ● 0 running, 0 queued; next: invoice-sync in 5m 00s
Next: jobrunner why backup, jobrunner logs backup
"""


@pytest.fixture
def called(call, tmp_path):
    (tmp_path / "jobs.toml").write_text(JOBS)
    return call


def tick(*ages):
    with ledger() as store:
        for age in ages:
            store.note_tick("web-1", NOON - age, 2 * MINUTE)


@pytest.fixture
def failing(called):
    with ledger() as store:
        ran(store, "backup", State.SUCCESS, NOON - 2 * DAY)
        failed(store, "backup", times=2)
        ran(store, "warehouse-load", State.SUCCESS, NOON - DAY, timedelta(minutes=31))
        ran(store, "warehouse-load", State.TIMEOUT, NOON, HOUR)
    tick(timedelta(seconds=31))
    return called


def screen(out):
    out = re.sub(r"[0-9.]+ KiB, .*/\.jobrunner", "SIZE, FOLDER", out)
    return out.replace("usual 30m", "usual 31m").replace("usual 32m", "usual 31m")


def test_failing_jobs_come_first_and_the_exit_code_says_so(failing):
    code, out, complaint = failing("status", JOBRUNNER_COLUMNS="200")
    assert (code, complaint) == (1, "")
    assert re.sub(r"usual 3\dm \d\ds", "usual 31m 00s", screen(out)) == SCREEN


def test_all_is_well_on_one_screen(called):
    tick(MINUTE)
    code, out, _ = called("status")
    assert (code, out.splitlines()[0]) == (0, "✓ web-1: 3 jobs, none failing")


def test_without_a_tick_it_is_said_what_to_do(called):
    code, out, _ = called("status", JOBRUNNER_COLUMNS="200")
    assert (code, out.splitlines()[0]) == (1, "✗ web-1: no tick comes")
    assert "what is due: jobrunner install cron" in out


@pytest.mark.parametrize(
    ("ages", "line"),
    [
        ([3 * MINUTE], "  ! ticker    last tick 3m ago, no gap in 24h"),
        ([11 * HOUR], "  ✗ ticker    last tick 11h ago, no gap in 24h"),
        (
            [8 * HOUR, 3 * HOUR, 0 * HOUR],
            "  ! ticker    last tick 0s ago, 2 gaps in 24h: 05:00-10:00, 10:00-13:00",
        ),
    ],
)
def test_ticks_that_are_late_or_were_missing_are_told(called, ages, line):
    tick(*ages)
    out = called("status", JOBRUNNER_COLUMNS="200")[1]
    assert f"{line}; supervisor asleep\n" in out


def test_an_open_breaker_and_pauses_are_told(called):
    tick(MINUTE)
    with ledger() as store:
        opened = Breaker(name="shop", state="open", failures=5, opened_at=NOON - MINUTE)
        store.move_breaker(Breaker(name="shop"), opened)
        store.pause("backup", Pause(by="deploy", since=NOON))
    _, out, _ = called("status")
    assert "  ! shop      breaker open for 4m after 5 failures in a row; held\n" in out
    assert "  ‖ paused    backup\n" in out


def test_json_is_one_object(failing):
    code, out, _ = failing("status", "--json")
    found = json.loads(out)
    assert (code, found["healthy"], found["host"]) == (1, False, "web-1")
    assert [job["name"] for job in found["failing"]] == ["backup", "warehouse-load"]
    assert (found["tick_age_seconds"], found["next_job"]) == (31.0, "invoice-sync")


def test_fields_can_be_chosen(failing):
    assert failing("status", "--fields", "healthy,running,supervisor")[1] == "false\t0\tasleep\n"


@pytest.mark.parametrize(
    ("ages", "code", "told"),
    [
        ([31], 0, "OK - 3 jobs, none failing"),
        ([180], 1, "WARNING - no tick for 180s"),
        ([3600], 2, "CRITICAL - no tick for 3600s"),
        ([], 3, "UNKNOWN - no tick yet"),
    ],
)
def test_a_monitoring_system_gets_one_line_and_its_own_codes(called, ages, code, told):
    tick(*(timedelta(seconds=age) for age in ages))
    age = "".join(f" tick_age={age}s;120;300" for age in ages)
    line = f"JOBRUNNER {told} | failing=0 running=0 queued=0{age}\n"
    assert called("status", "--nagios") == (code, line, "")


def test_a_monitoring_system_is_told_who_fails(failing):
    code, out, _ = failing("status", "--nagios")
    assert (code, out.partition(" | ")[0]) == (
        2,
        "JOBRUNNER CRITICAL - 2 failing: backup, warehouse-load",
    )


def test_a_monitoring_system_is_told_what_stands_in_the_way(called, tmp_path):
    (tmp_path / "jobs.toml").unlink()
    code, out, complaint = called("status", "--nagios")
    assert (code, complaint) == (3, "")
    assert out.startswith("JOBRUNNER UNKNOWN - ")


def break_file(tmp_path):
    (tmp_path / "jobs.toml").write_text('[jobs.backup]\ncron = "0 25 * * *"\ncommand = "x"\n')


def test_a_broken_file_is_counted_and_told(called, tmp_path):
    break_file(tmp_path)
    code, out, _ = called("status")
    assert code == 1
    assert out.startswith(f"✗ 1 error in {tmp_path}/jobs.toml (checked 1 job). Explain one: ")
    assert called("status", "--nagios")[0] == 2


def test_what_a_broken_file_said_before_is_still_shown(failing, tmp_path):
    with scene("jobs.toml", asker()) as here:
        plan.read(here.config.origin, here.state, asker())
    break_file(tmp_path)
    code, out, _ = failing("status", JOBRUNNER_COLUMNS="300")
    assert (code, out.splitlines()[0]) == (
        1,
        "✗ web-1: 2 of 3 jobs failing, jobs.toml cannot be used, what it said before goes on",
    )
    assert "  ✗ jobs.toml       1 error in " in out
    assert "; jobs.toml cannot be used: 1 error in " in failing("status", "--nagios")[1]


@pytest.mark.parametrize("width", [40, 80])
def test_no_line_is_wider_than_the_terminal(failing, width):
    _, out, _ = failing("status", JOBRUNNER_COLUMNS=str(width))
    lines = [line for line in out.splitlines() if "/" not in line]
    assert max(map(len, lines)) <= width
