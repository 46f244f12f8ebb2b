"""The unit of the page: what systemd says of it, and what it keeps from the service."""

import re
import subprocess

import pytest

from jobrunner.formats.pageunit import Paging, page_unit
from jobrunner.formats.unitfile import read
from tests.formats.test_unit import ODD, verified

UNIT = "jobrunner-serve.service"


def paging(**changes):
    values = {
        "name": "jobrunner",
        "serve": ["/bin/true", "serve", "-c", "/etc/jobrunner/jobs.toml"],
        "config": "/etc/jobrunner/jobs.toml",
        "state": "/var/lib/jobrunner",
        "user": "daemon",
        "writes": ["/var/lib/jobrunner/db"],
        "reads": ["/opt/jobrunner/bin/python"],
    }
    return Paging(**(values | changes))


def service(**changes):
    return read([page_unit(paging(**changes))[UNIT]])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"user": ""},
        {"config": ODD, "state": ODD, "writes": [ODD, "/srv/a b"], "serve": ["/bin/true", ODD]},
        {"environ": {"JOBRUNNER_STATE_DIR": ODD}},
    ],
)
def test_systemd_finds_nothing_wrong(services, tmp_path, changes):
    services.program("systemd-analyze", "systemd")
    done = verified(tmp_path, page_unit(paging(**changes)))
    ours = [line for line in done.stderr.splitlines() if "jobrunner" in line]
    assert (done.returncode, ours) == (0, [])


def test_it_is_as_closed_as_systemd_calls_ok(services, tmp_path):
    services.program("systemd-analyze", "systemd")
    (tmp_path / UNIT).write_text(page_unit(paging())[UNIT])
    words = ["systemd-analyze", "security", "--offline=yes", "--threshold=30", tmp_path / UNIT]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert re.search(r"exposure level for .*: [0-2]\.\d OK", done.stdout), done.stdout
    assert done.returncode == 0


def test_it_writes_into_its_folders_alone():
    assert service().value("Service", "ProtectSystem") == "strict"
    assert service().value("Service", "ReadWritePaths") == "-/var/lib/jobrunner/db"


@pytest.mark.parametrize(
    ("changes", "home", "temporary"),
    [
        ({}, "yes", "yes"),
        ({"config": "/home/ann/jobs.toml"}, "read-only", "yes"),
        ({"reads": ["/root/.local/bin/python"]}, "read-only", "yes"),
        ({"state": "/tmp/state"}, "yes", "no"),
    ],
)
def test_what_it_has_to_see_is_not_hidden(changes, home, temporary):
    found = service(**changes)
    assert found.value("Service", "ProtectHome") == home
    assert found.value("Service", "PrivateTmp") == temporary


def test_a_users_manager_is_asked_for_what_it_can_do():
    found = service(user="")
    assert not found.values("Service", "User")
    assert not found.values("Service", "ProtectSystem")
    assert found.value("Service", "NoNewPrivileges") == "yes"
    assert found.value("Install", "WantedBy") == "default.target"


def test_it_is_started_anew_when_it_fails_or_does_not_answer():
    assert service().value("Service", "Type") == "notify"
    assert service().value("Service", "Restart") == "on-failure"
    assert service().value("Service", "WatchdogSec") == "30"
