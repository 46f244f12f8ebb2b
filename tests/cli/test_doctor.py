"""`jobrunner doctor` as its reader meets it; the host is a folder with nothing in it."""

import json
import re

import pytest

from jobrunner.engine.ticker import Host
from tests.cli.past import ledger
from tests.engine.report.ledger import MINUTE, NOON

WELL = """\
[jobs.hello]
command = "echo hello"
timeout = "1m"
"""


@pytest.fixture
def called(call, tmp_path, monkeypatch):
    host = Host(root=str(tmp_path / "root"), user="deploy", home="/home/deploy")
    monkeypatch.setattr("jobrunner.cli.doctor.this_host", lambda: host)
    (tmp_path / "jobs.toml").write_text(WELL)
    return call


def plant_ticker(tmp_path):
    for name, text in (
        ("etc/cron.d/jobrunner", f"* * * * * root jobrunner tick -c {tmp_path}/jobs.toml\n"),
        ("proc/7/comm", "cron\n"),
    ):
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(0o644)
    with ledger() as store:
        store.note_tick("web-1", NOON - MINUTE, MINUTE)


def test_findings_stand_below_their_headings_with_signs(called, tmp_path):
    plant_ticker(tmp_path)
    code, out, complaint = called("doctor", FORCE_TTY="1", JOBRUNNER_COLUMNS="200")
    lines = out.splitlines()
    assert (code, complaint, lines[0]) == (0, "", "Configuration")
    assert lines[1].startswith(f"  ✓ {tmp_path}/jobs.toml: 1 job, valid, ")
    assert "Ticker" in lines
    assert "  ✓ last tick 1m 00s ago, no gap in 24h" in lines
    assert re.fullmatch(r"\d warnings", lines[-1])


def test_a_problem_is_told_with_what_to_do_and_the_exit_code_says_so(called, tmp_path):
    (tmp_path / "jobs.toml").write_text('[jobs.a]\ncron = "@daily"\ncommand = "true"\n')
    code, out, _ = called("doctor", FORCE_TTY="1")
    assert code == 1
    assert "  ✗ nothing ticks: no job runs by itself\n      jobrunner install" in out
    assert re.search(r"\n\n1 problem, \d warnings\n\Z", out)


def test_json_is_an_array_of_findings(called):
    found = json.loads(called("doctor", "--json")[1])
    assert found[0].keys() == {"severity", "message", "fix", "job", "group", "check"}
    assert found[0]["check"] == "configuration"


def test_in_a_pipe_a_finding_is_a_line(called):
    rows = [line.split("\t") for line in called("doctor")[1].splitlines()]
    assert {len(row) for row in rows} == {5}
    assert rows[0][:2] == ["ok", "Configuration"]


def test_fields_can_be_chosen(called):
    out = called("doctor", "--fields", "severity,check")[1]
    assert out.startswith("ok\tconfiguration\n")


def test_of_one_job_only_that_is_told(called):
    code, out, _ = called("doctor", "hello")
    assert (code, "Storage" in out) == (0, False)
    assert called("doctor", "helo")[0] == 5


def test_a_broken_file_and_no_file_are_answers(called, tmp_path):
    (tmp_path / "jobs.toml").write_text("[jobs")
    code, out, complaint = called("doctor")
    assert (code, complaint, out.startswith("problem\tConfiguration\t")) == (1, "", True)
    (tmp_path / "jobs.toml").unlink()
    code, out, complaint = called("doctor")
    assert (code, complaint, out.startswith("problem\tConfiguration\t")) == (1, "", True)


def test_a_pipe_is_nothing_to_look_at(called):
    assert called("-c", "-", "doctor")[0] == 3


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_the_terminal(called, width):
    out = called("doctor", FORCE_TTY="1", JOBRUNNER_COLUMNS=str(width))[1]
    assert max(len(line) for line in out.splitlines() if "/" not in line) <= width


def test_it_makes_nothing(called, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    called("doctor")
    assert sorted(tmp_path.rglob("*")) == before
