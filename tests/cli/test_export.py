"""`jobrunner export` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import json

import icalendar
import pytest
import yaml

from jobrunner.cli.export import _tell
from jobrunner.config.crontab import Entry, lines
from jobrunner.config.schema import schema
from jobrunner.formats.leaving import Remark
from tests.build import no_room

JOBS = """
[jobs.backup]
description = "Nightly"
cron = "30 2 * * *"
command = "true"
cwd = "/"
timeout = "1h"
env = { API_TOKEN = "hush", A = "b" }

[jobs.month-end]
cron = "0 0 L * *"
command = ["true"]
cwd = "/"
"""
CRONTAB = """\
# From {path}, by jobrunner export crontab.
# Unlike jobrunner, cron starts a job again while it still runs.

PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# backup: Nightly
# ! not carried over: env.API_TOKEN (a secret) and timeout
SHELL=/bin/sh
30 2 * * * export A=b; cd / || exit; true

# month-end
# ! left out: 0 0 L * * cannot be said here
"""
SAID = """\
! backup: not carried over: env.API_TOKEN (a secret) and timeout
! month-end: left out: 0 0 L * * cannot be said here
"""


@pytest.fixture
def jobs(call, tmp_path):
    path = tmp_path / "jobs.toml"
    path.write_text(JOBS)
    return path


def test_a_crontab_has_its_doubts_in_it_and_beside_it(call, jobs):
    assert call("export", "crontab") == (0, CRONTAB.format(path=jobs), SAID)


def test_jobs_can_be_chosen(call, jobs):
    _, out, _ = call("export", "crontab", "month-end")
    assert "backup" not in out


def test_a_job_that_there_is_not_is_met_with_the_one_that_was_meant(call, jobs):
    expected = 'Error: no job named "bakup". Did you mean "backup"?\n'
    assert call("export", "crontab", "bakup") == (5, "", expected)


def test_units_are_printed_under_their_names_or_written(call, jobs, tmp_path):
    _, out, _ = call("export", "systemd")
    assert [line[2:] for line in out.splitlines() if line.startswith("# job-")] == [
        *("job-backup.service", "job-backup.timer", "job-month-end.service", "job-month-end.timer")
    ]
    assert call("export", "systemd", "--output-folder", "units")[:2] == (
        0,
        "Wrote 4 units to units\n",
    )
    assert (tmp_path / "units/job-backup.timer").read_text() in out


def test_manifests_need_an_image(call, jobs):
    code, _, complaint = call("export", "kubernetes")
    assert (code, "--image" in complaint) == (2, True)
    _, out, _ = call("export", "kubernetes", "--image", "app:1")
    (manifest,) = filter(None, yaml.safe_load_all(out))
    assert manifest["metadata"]["name"] == "backup"


def test_a_calendar_reaches_as_far_as_it_is_asked_to(call, jobs):
    _, out, _ = call("export", "ics", "backup", "--within", "2d")
    assert len(icalendar.Calendar.from_ical(out).walk("VEVENT")) == 2


def test_a_calendar_in_a_file_has_the_format_s_own_line_ends(call, jobs, tmp_path):
    call("export", "ics", "-o", "jobs.ics")
    content = (tmp_path / "jobs.ics").read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n") > 5
    assert content.endswith(b"END:VCALENDAR\r\n")


def test_json_has_every_key_and_no_secret(call, jobs):
    _, out, _ = call("export", "json")
    found = json.loads(out)
    backup = found["jobs"]["backup"]
    assert (backup["timeout"], backup["overlap"], backup["ping"]) == ("1h", "skip", "")
    assert backup["env"] == {"API_TOKEN": "***", "A": "b"}
    assert found["settings"]["retention"]["runs"] == 1000
    assert found["settings"]["store"] == ""


def test_the_schema_is_the_one_that_editors_use(call, jobs):
    assert json.loads(call("export", "schema")[1]) == schema()


def test_a_file_that_is_there_is_never_overwritten(call, jobs, tmp_path):
    (tmp_path / "tab").write_text("mine")
    code, _, complaint = call("export", "crontab", "-o", "tab")
    assert (code, (tmp_path / "tab").read_text()) == (6, "mine")
    assert complaint == "Error: tab exists already; it is left as it is.\n"


def test_of_what_has_no_room_nothing_is_left(call, jobs, tmp_path):
    with no_room():
        code, _, complaint = call("export", "crontab", "-o", "tab")
    assert (code, complaint) == (3, "Error: tab cannot be written: File too large.\n")
    assert not (tmp_path / "tab").exists()


def test_a_file_gets_the_whole_text(call, jobs, tmp_path):
    assert call("export", "crontab", "-o", "new/tab") == (0, "Wrote new/tab\n", SAID)
    text = (tmp_path / "new/tab").read_text()
    assert text == CRONTAB.format(path=jobs)
    assert [line.cron for line in lines(text, "user") if isinstance(line, Entry)] == ["30 2 * * *"]


def test_grafana_and_rules_need_no_jobs_toml(call, tmp_path):
    assert json.loads(call("export", "grafana")[1])["uid"] == "jobrunner"
    (group,) = yaml.safe_load(call("export", "rules")[1])["groups"]
    assert "JobrunnerTickMissing" in {rule["alert"] for rule in group["rules"]}
    assert call("export", "rules", "-o", "a.yml") == (0, "Wrote a.yml\n", "")


def test_what_is_exported_can_be_imported(call, jobs, tmp_path):
    call("export", "crontab", "backup", "-o", "tab")
    jobs.write_text("version = 1\n")
    code, out, _ = call("import", "crontab", "tab")
    assert (code, "-> [jobs.true]" in out) == (0, True)


def test_what_holds_for_many_jobs_is_said_once(capsys):
    _tell([Remark("a", "x is lost"), Remark("", "y"), Remark("b", "x is lost"), Remark("b", "z")])
    assert capsys.readouterr().err == "! a and b: x is lost\n! y\n! b: z\n"
