"""Whose environment attempts inherit from: a real supervisor's, a planted ticker's, the shell's."""

import pytest

from jobrunner.engine.report.inherited import inherited
from jobrunner.engine.state import State
from jobrunner.engine.ticker import Host, installed
from tests.engine.theatre import Theatre

LINE = "TZ=Asia/Tokyo\n* * * * * root jobrunner tick -c /srv/jobs.toml\n"
SHELL = {"LANG": "de_DE.UTF-8", "PYTHONPATH": "/x"}


@pytest.fixture
def host(tmp_path):
    return Host(root=str(tmp_path / "root"), user="deploy", home="/home/deploy")


def plant(tmp_path, name, text):
    path = tmp_path / "root" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o644)


def test_without_anything_that_ticks_it_is_the_shells(tmp_path, host):
    found = inherited(State(str(tmp_path)), [], host, SHELL)
    assert (found.variables, found.source) == (
        {"LANG": "de_DE.UTF-8"},
        "your shell: nothing ticks yet",
    )


def test_of_cron_it_is_what_the_crontab_and_the_host_say(tmp_path, host):
    plant(tmp_path, "etc/cron.d/jobrunner", LINE)
    plant(tmp_path, "etc/default/locale", 'LANG="fr_FR.UTF-8"\n# LC_ALL=C\n')
    found = inherited(State(str(tmp_path)), installed(host), host, SHELL)
    assert found.variables == {"PATH": "/usr/bin:/bin", "LANG": "fr_FR.UTF-8", "TZ": "Asia/Tokyo"}
    assert found.source == "/etc/cron.d/jobrunner"


def test_of_a_timer_it_is_what_the_unit_says(tmp_path, host):
    plant(tmp_path, "etc/systemd/system/jr.timer", "[Timer]\nOnCalendar=minutely\n")
    unit = "[Service]\nEnvironment=LANG=C.UTF-8\nExecStart=/bin/jobrunner tick\n"
    plant(tmp_path, "etc/systemd/system/jr.service", unit)
    found = inherited(State(str(tmp_path)), installed(host), host, SHELL)
    assert found.variables["LANG"] == "C.UTF-8"


def test_of_a_timer_it_is_also_what_the_file_says_that_the_unit_names(tmp_path, host):
    plant(tmp_path, "etc/systemd/system/jr.timer", "[Timer]\nOnCalendar=minutely\n")
    unit = (
        "[Service]\nEnvironment=A=1\nEnvironmentFile=-/etc/jr.env\nExecStart=/bin/jobrunner tick\n"
    )
    plant(tmp_path, "etc/systemd/system/jr.service", unit)
    plant(tmp_path, "etc/jr.env", "A=2\nJOBRUNNER_STORE='postgresql://db/jobs'\n")
    found = inherited(State(str(tmp_path)), installed(host), host, SHELL).variables
    assert (found["A"], found["JOBRUNNER_STORE"]) == ("2", "postgresql://db/jobs")


def test_a_supervisor_that_is_awake_is_asked_itself(tmp_path, host, monkeypatch):
    monkeypatch.setenv("LC_TIME", "nl_NL.UTF-8")
    theatre = Theatre(tmp_path)
    theatre.write('[jobs.a]\ncommand = "true"\n')
    try:
        pid = theatre.start().pid
        found = inherited(theatre.state, [], host, SHELL)
    finally:
        theatre.close()
    assert found.source == f"supervisor, process {pid}"
    assert found.variables["LC_TIME"] == "nl_NL.UTF-8"
