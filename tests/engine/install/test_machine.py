"""Debian's cron and systemd themselves, in namespaces: installed for, ticking, and undone."""

import os
import re
from itertools import pairwise

import pytest

from tests.engine.install.machine import CRON, HOME, SYSTEMD, machine

STATE = "/var/lib/jobrunner"
IS_CI = os.environ.get("CI", "").lower() in {"1", "true"}
JOBS = b"""
[jobs.minutely]
cron = "* * * * *"
command = "true"

[jobs.often]
every = "10s"
command = "true"

[jobs.long]
cron = "* * * * *"
command = "until [ -e /srv/go ]; do sleep 0.2; done; exit 7"

[jobs.group]
command = "cat /proc/self/cgroup; sleep 1000"
"""
CRONTABS = [b"", b"MAILTO=ops\n1 2 3 4 * true\n", b"1 2 3 4 * a\r\n", b"# \xff\xfe\n"]


@pytest.fixture(scope="module")
def cron_host(services):
    services.program("cron", "cron")
    with machine(CRON) as host:
        host.answer("init", "--system")
        host.write("/etc/jobrunner/jobs.toml", JOBS)
        host.write("/root/.config/jobrunner/jobs.toml", JOBS)
        yield host


@pytest.fixture
def systemd_host(services):
    services.program("systemctl", "systemd")
    with machine(SYSTEMD) as host:
        host.until(lambda: host.tell("systemctl", "is-active", "basic.target").returncode == 0)
        host.answer("init", "--system")
        host.write("/etc/jobrunner/jobs.toml", JOBS)
        yield host


@pytest.mark.parametrize("before", CRONTABS)
def test_debians_crontab_is_as_before_to_the_byte(cron_host, before):
    spool = cron_host.root / "var/spool/cron/crontabs/root"
    cron_host.write("/srv/crontab", before)
    cron_host.tell("crontab", "/srv/crontab")
    cron_host.answer("install", "cron", "--no-wait")
    assert b"jobrunner tick -c /root/.config" in spool.read_bytes()
    assert "as it was before" in cron_host.answer("uninstall")
    _, _, _, content = spool.read_bytes().split(b"\n", 3)  # behind what Debian's writes above it
    assert content == before


def test_without_a_crontab_there_is_none_afterwards(cron_host):
    cron_host.tell("crontab", "-r")
    cron_host.answer("install", "cron", "--no-wait")
    cron_host.answer("uninstall", "cron")
    assert "no crontab" in cron_host.tell("crontab", "-l").stderr


@pytest.mark.long
@pytest.mark.skipif(not IS_CI, reason="it takes three minutes: CI=true")
def test_debians_cron_ticks_for_three_minutes_and_jobs_outlive_it(cron_host):
    told = cron_host.answer("-c", "/etc/jobrunner/jobs.toml", "install", "cron")
    assert re.search(r"first tick \.\.\. ✓ \d\d:\d\d:\d\d ", told)
    cron_host.until(lambda: len(cron_host.runs(STATE, "minutely")) >= 3, 260)
    minutes = [slot for slot, _, _ in cron_host.runs(STATE, "minutely")]
    tens = [slot for slot, _, _ in cron_host.runs(STATE, "often")]
    assert gaps(minutes) == {60}
    assert gaps(tens) == {10}
    assert len(tens) >= 12
    assert cron_host.runs(STATE, "long")[0][1] == "running"
    cron_host.tell("sh", "-c", "kill $(cat /run/cron.pid)")
    cron_host.write("/srv/go", b"")
    cron_host.until(lambda: cron_host.runs(STATE, "long")[0][1] != "running")
    assert cron_host.runs(STATE, "long")[0][1:] == ("failed", 7)
    assert "Removed" in cron_host.answer("-c", "/etc/jobrunner/jobs.toml", "uninstall")


def gaps(slots):
    """The seconds between one and the next."""
    return {(after - before) // 1_000_000 for before, after in pairwise(slots)}


def group_of(host):
    """The cgroup of version 2 in which a job runs."""
    number = host.answer("run", "group", "--detach").strip().lstrip("#")
    host.until(lambda: "0::" in host.jobrunner("logs", number).stdout)
    return host.jobrunner("logs", number).stdout.strip().rpartition("0::")[2]


def test_under_systemd_jobs_live_in_the_supervisors_cgroup_and_outlive_all(systemd_host):
    assert "Wrote 4 units" in systemd_host.answer("install", "systemd", "--no-wait")
    assert systemd_host.tell("systemctl", "is-active", "jobrunner.timer").returncode == 0
    assert systemd_host.tell("systemctl", "start", "jobrunner.service").returncode == 0
    group = group_of(systemd_host)
    assert "/jobrunner-supervisor.service/" in group
    systemd_host.tell("systemctl", "kill", "--signal=KILL", "jobrunner.service")
    systemd_host.tell("systemctl", "stop", "jobrunner-supervisor.service")
    assert (systemd_host.root / f"sys/fs/cgroup{group}/cgroup.procs").read_text()


def test_after_systemd_no_unit_is_left(systemd_host):
    systemd_host.answer("install", "systemd", "--no-wait")
    done = systemd_host.jobrunner("install", "cron")
    assert done.returncode == 6
    assert "Keep one of the two" in done.stderr
    assert "removed 4 units" in systemd_host.answer("uninstall")
    left = systemd_host.tell("find", "/etc/systemd", "-name", "*jobrunner*").stdout
    assert left == ""
    assert "Nothing to do" in systemd_host.answer("uninstall")


def test_a_user_has_a_timer_of_his_own(systemd_host):
    runtime = {"XDG_RUNTIME_DIR": "/run/user/0"}
    systemd_host.write("/root/.config/jobrunner/jobs.toml", JOBS)
    systemd_host.tell("systemctl", "start", "user@0.service")
    told = systemd_host.answer("install", "systemd", "--user", "--no-wait", **runtime)
    assert "enable-linger root" in told
    systemd_host.tell("systemctl", "--user", "start", "jobrunner.service", **runtime)
    assert "/user@0.service/app.slice/jobrunner-supervisor.service/" in group_of(systemd_host)
    assert "removed 3 units" in systemd_host.answer("uninstall", "systemd", "--user", **runtime)


ASK = """
import json, sys, urllib.request
request = urllib.request.Request(sys.argv[1], headers={"Authorization": "Bearer " + sys.argv[2]})
print(urllib.request.urlopen(request, timeout=30).read().decode())
"""


@pytest.mark.parametrize("owner", ["jobrunner", "root"])
def test_the_page_is_served_by_a_user_who_may_little(systemd_host, owner):
    systemd_host.tell("ip", "link", "set", "lo", "up")
    systemd_host.tell("chown", "-R", f"{owner}:{owner}", STATE)
    told = systemd_host.answer("install", "systemd", "--serve", "--no-wait")
    assert "The page: http://127.0.0.1:8787\n" in told
    active = ("systemctl", "is-active", "jobrunner-serve.service")
    systemd_host.until(lambda: systemd_host.tell(*active).stdout == "active\n")
    make = ("token", "create", "--role", "operator", "--name", "ci")
    secret = systemd_host.answer(*make).strip()
    ask = (f"{HOME}/bin/python", "-c", ASK)
    status = systemd_host.tell(*ask, "http://127.0.0.1:8787/api/v1/status", secret)
    assert '"jobs":4' in status.stdout, status.stderr
    pid = systemd_host.tell("systemctl", "show", "-P", "MainPID", "jobrunner-serve").stdout.strip()
    account = systemd_host.tell("id", "-u", "jobrunner").stdout
    assert systemd_host.tell("stat", "-c", "%u", f"/proc/{pid}").stdout == account
    assert systemd_host.tell("systemctl", "stop", "jobrunner-serve").returncode == 0
    result = systemd_host.tell("systemctl", "show", "-P", "Result", "jobrunner-serve").stdout
    assert result == "success\n"
    systemd_host.answer("uninstall")
    assert systemd_host.tell("find", "/etc/systemd", "-name", "*jobrunner*").stdout == ""


@pytest.mark.long
@pytest.mark.skipif(not IS_CI, reason="it waits for the minute: CI=true")
def test_the_timer_ticks_and_how_long_that_took_is_told(systemd_host):
    told = systemd_host.answer("install", "systemd")
    assert re.search(r"first tick \.\.\. ✓ \d\d:\d\d:\d\d \w+, \d+ ms\n", told)
