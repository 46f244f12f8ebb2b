"""What ticks on a host, read off files that are planted below a folder."""

import os
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.ticker import (
    Host,
    installed,
    installing,
    seeing_to,
    this_host,
    verb_of,
)
from jobrunner.formats.unitfile import read

CONFIG = "/srv/app/jobs.toml"
LINE = f"* * * * * root /opt/bin/jobrunner tick -c {CONFIG}\n"
OWN = f"* * * * * cd /srv/app && /opt/bin/jobrunner -c {CONFIG} tick >/dev/null 2>&1\n"
TIMER = "[Timer]\nOnCalendar=*:*:00\n[Install]\nWantedBy=timers.target\n"
SERVICE = """\
[Service]
Type=oneshot
User=nobody
Environment="JOBRUNNER_CONFIG=/srv/app/jobs.toml"
ExecStart=-/opt/venv/bin/python -m jobrunner \\
    tick
KillMode=process
"""


class Root:
    """A file system's root in a folder."""

    def __init__(self, folder):
        self.folder = folder

    def plant(self, path, text):
        place = self.folder / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o644)
        return place

    def timer(self, folder="/etc/systemd/system", *, service=SERVICE):
        self.plant(f"{folder}/jobrunner.timer", TIMER)
        self.plant(f"{folder}/timers.target.wants/jobrunner.timer", "")
        return self.plant(f"{folder}/jobrunner.service", service)

    def found(self, crontab=""):
        home = "/home/deploy"
        host = Host(root=str(self.folder), user="deploy", home=home, crontab=lambda: crontab)
        return installed(host)


@pytest.fixture
def root(tmp_path):
    return Root(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "jobrunner tick",
        "/opt/bin/jobrunner tick",
        "/usr/bin/python3 -m jobrunner tick",
        "sudo -u jobrunner jobrunner tick",
        "jobrunner --color never tick",
        "cd / && exec jobrunner tick >> /var/log/tick 2>&1",
    ],
)
def test_a_tick_is_known_however_it_is_written(line):
    assert verb_of(line.split()) == ("tick", "")


@pytest.mark.parametrize("line", ["jobrunner run tick", "echo jobrunner", "tick", "jobrunner-tick"])
def test_what_only_looks_like_a_tick_is_none(line):
    assert verb_of(line.split())[0] == ""


def test_a_line_within_a_line_is_read():
    assert verb_of(["sh", "-c", "cd /x; jobrunner --config=/a.toml tick"]) == ("tick", "/a.toml")


@pytest.mark.parametrize("path", ["/etc/crontab", "/etc/cron.d/jobrunner"])
def test_a_line_of_the_systems_crontabs_is_found(root, path):
    root.plant(path, "SHELL=/bin/sh\n17 * * * * root run-parts /etc/cron.hourly\n" + LINE)
    (ticker,) = root.found()
    assert (ticker.told, ticker.user, ticker.config) == (path, "root", CONFIG)
    assert (ticker.trouble, ticker.removal) == ("", "sudo jobrunner uninstall cron")


def test_a_users_own_line_is_found(root):
    (ticker,) = root.found(OWN)
    assert (ticker.told, ticker.config) == ("the crontab of deploy", CONFIG)
    assert ticker.removal == "jobrunner uninstall cron"


def test_a_file_of_the_spool_is_found_by_who_may_read_it(root):
    root.plant("/var/spool/cron/crontabs/ann", OWN)
    assert [ticker.told for ticker in root.found()] == ["the crontab of ann"]


@pytest.mark.parametrize(
    ("name", "text", "trouble"),
    [
        ("job.runner", LINE, "mv /etc/cron.d/job.runner /etc/cron.d/job-runner"),
        ("jobrunner", LINE.rstrip("\n"), "does not read a last line without an end"),
        ("jobrunner", LINE.replace("* ", "*/5 ", 1), "it ticks at */5 * * * *, not every minute"),
    ],
)
def test_what_cron_does_not_go_by_is_told(root, name, text, trouble):
    root.plant(f"/etc/cron.d/{name}", text)
    (ticker,) = root.found()
    assert trouble in ticker.trouble


def test_a_file_that_others_may_write_is_told(root):
    root.plant("/etc/cron.d/jobrunner", LINE).chmod(0o666)
    assert root.found()[0].trouble.endswith("chmod go-w /etc/cron.d/jobrunner")


def test_a_timer_is_found_with_the_service_that_it_starts(root):
    root.timer()
    (ticker,) = root.found()
    assert (ticker.told, ticker.user, ticker.config) == (
        "systemd timer jobrunner.timer",
        "nobody",
        CONFIG,
    )
    assert ticker.unit.value("Service", "KillMode") == "process"


def test_a_timer_of_the_users_own_manager_is_found(root):
    root.timer("/home/deploy/.config/systemd/user")
    (ticker,) = root.found()
    assert ticker.told == "deploy's systemd timer jobrunner.timer"
    assert ticker.removal == "jobrunner uninstall systemd"


def test_a_drop_in_outranks_the_unit(root):
    root.timer()
    root.plant("/etc/systemd/system/jobrunner.service.d/k.conf", "[Service]\nKillMode=mixed\n")
    assert root.found()[0].unit.value("Service", "KillMode") == "mixed"


def test_a_timer_that_nothing_wants_is_told(root):
    root.timer()
    (root.folder / "etc/systemd/system/timers.target.wants/jobrunner.timer").unlink()
    assert root.found()[0].trouble.endswith("systemctl enable --now jobrunner.timer")


def test_a_path_with_a_percent_sign_is_the_path(root):
    root.timer(service="[Service]\nExecStart=/bin/jobrunner tick -c /srv/%%a/$$b.toml\n")
    assert root.found()[0].config == "/srv/%a/$b.toml"


def test_a_masked_timer_is_none(root):
    root.timer("/usr/lib/systemd/system")
    root.plant("/etc/systemd/system/jobrunner.timer", "")
    assert root.found() == []


def test_a_service_that_loops_is_found(root):
    root.plant("/etc/systemd/system/jr.service", SERVICE.replace("    tick", "    loop"))
    assert [ticker.told for ticker in root.found()] == ["systemd service jr.service"]


def test_only_those_of_the_file_are_told(root, tmp_path):
    root.plant("/etc/cron.d/jobrunner", LINE + LINE.replace(CONFIG, "/srv/other.toml"))
    assert len(seeing_to(root.found(), CONFIG)) == 1


def test_what_hangs_who_reads_it_is_passed_over(root):
    root.plant("/etc/cron.d/jobrunner", LINE)
    os.mkfifo(root.folder / "etc/cron.d/fifo")
    assert len(root.found()) == 1


def test_an_empty_host_has_none(root):
    assert root.found() == []


def test_this_host_is_read_without_complaint(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert all(ticker.place for ticker in installed(this_host()))


def test_an_empty_value_takes_back_what_stood_before():
    unit = read(["[Service]\nExecStart=/bin/a\n", "[Service]\nExecStart=\nExecStart=@/bin/b c\n"])
    assert unit.commands() == [["/bin/b", "c"]]


@given(st.text(max_size=200))
def test_whatever_else_a_unit_says_its_last_value_counts(text):
    unit = read([f"{text}\n\n", "[Service]\nKillMode=process"])
    assert unit.value("Service", "KillMode") == "process"


@given(st.text(max_size=100))
def test_whatever_else_a_crontab_says_its_tick_is_found(text):
    host = Host(user="deploy", home="/", root="/nowhere", crontab=lambda: f"{text}\n{OWN}")
    assert installed(host)[-1].command.endswith("tick >/dev/null 2>&1")


@pytest.mark.parametrize(
    ("config", "uid", "told"),
    [
        ("/home/ann/x.toml", 1000, "x install cron, or: x install systemd --user"),
        ("/etc/jobrunner/jobs.toml", 1000, "sudo x install systemd, or: sudo x install cron"),
        ("/etc/jobrunner/jobs.toml", 0, "x install systemd, or: x install cron"),
        ("/srv/jobs.toml", 0, "x install systemd, or: x install cron"),
    ],
)
def test_what_to_install_depends_on_whose_jobs_they_are(config, uid, told):
    assert installing(config, uid, "x") == told
