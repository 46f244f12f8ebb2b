"""Units: what systemd says of them, and that words reach the program as they are."""

import subprocess

import pytest

from jobrunner.formats.unit import SUPERVISOR, Ticking, units
from jobrunner.formats.unitfile import read

PROGRAM = "/opt/job runner/bin/jobrunner"
ODD = "/srv/50% $HOME \"x\" \\n 'y' ;#/jobs.toml"


def ticking(**changes):
    values = {
        "name": "jobrunner",
        "tick": ["/bin/true", "tick", "-c", "/etc/jobrunner/jobs.toml"],
        "supervise": ["/bin/true", "supervise"],
        "config": "/etc/jobrunner/jobs.toml",
        "state": "/var/lib/jobrunner",
        "user": "root",
        "state_directory": "jobrunner",
    }
    return Ticking(**(values | changes))


def verified(folder, texts):
    for name, text in texts.items():
        (folder / name).write_text(text)
    return subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *texts],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "SYSTEMD_LOG_LEVEL": "notice"},
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"user": ""},
        {"user": "daemon"},
        {"config": ODD, "tick": ["/bin/true", ODD], "state": ODD},
    ],
)
def test_systemd_finds_nothing_wrong(services, tmp_path, changes):
    services.program("systemd-analyze", "systemd")
    done = verified(tmp_path, units(ticking(**changes)))
    ours = [line for line in done.stderr.splitlines() if "jobrunner" in line]
    assert (done.returncode, ours) == (0, [])


def test_a_mistake_would_be_found(services, tmp_path):
    services.program("systemd-analyze", "systemd")
    texts = units(ticking())
    broken = texts["jobrunner.service"].replace("KillMode=process", "KillMode=nobody")
    done = verified(tmp_path, texts | {"jobrunner.service": broken})
    assert "jobrunner.service:14: Failed to parse kill mode" in done.stderr


def test_jobs_outlive_the_tick_and_nothing_is_taken_from_them():
    tick = read([units(ticking())["jobrunner.service"]])
    assert tick.value("Service", "KillMode") == "process"
    assert tick.value("Service", "OOMPolicy") == "continue"
    assert tick.value("Service", "TimeoutStartSec") == "50"
    for key in ("RuntimeDirectory", "NoNewPrivileges", "PrivateTmp", "ProtectSystem"):
        assert not tick.values("Service", key)


def test_the_timer_is_exact_to_the_second():
    timer = read([units(ticking())["jobrunner.timer"]])
    assert timer.value("Timer", "AccuracySec") == "1s"
    assert timer.value("Timer", "Persistent") == "false"


def test_the_supervisor_may_make_cgroups():
    service = read([units(ticking())["jobrunner-supervisor.service"]])
    assert service.value("Service", "Delegate") == "yes"
    assert service.value("Service", "KillMode") == "process"


@pytest.mark.parametrize(
    ("user", "asks"),
    [
        ("root", "jobrunner-supervisor.service"),
        ("", "--user jobrunner-supervisor.service"),
        ("deploy", "/var/lib/jobrunner/run/wanted"),
    ],
)
def test_the_tick_knows_how_to_ask_for_its_supervisor(user, asks):
    tick = read([units(ticking(user=user, environ={"A": "b c"}))["jobrunner.service"]])
    assert tick.environment() == {"A": "b c", SUPERVISOR: asks}


@pytest.mark.parametrize("name", ["jobrunner.service", "jobrunner-supervisor.service"])
def test_variables_that_are_secret_come_from_a_file_that_may_be_missing(name):
    text = units(ticking(secrets="/etc/100%/jobrunner.env"))[name]
    assert "\nEnvironmentFile=-/etc/100%%/jobrunner.env\n" in text
    assert "EnvironmentFile" not in units(ticking())[name]


def test_for_a_user_whom_systemd_does_not_obey_it_watches_for_a_file():
    texts = units(ticking(user="deploy"))
    wanted = "/var/lib/jobrunner/run/wanted"
    assert f"PathExists={wanted}\n" in texts["jobrunner-supervisor.path"]
    assert f"ExecStartPre=-/bin/rm -f {wanted}\n" in texts["jobrunner-supervisor.service"]
    assert "jobrunner-supervisor.path" not in units(ticking())


def test_the_state_folder_has_the_mode_that_jobrunner_gives_it():
    text = units(ticking())["jobrunner.service"]
    assert "StateDirectory=jobrunner\nStateDirectoryMode=0755\n" in text
    assert "StateDirectory" not in units(ticking(state_directory=""))["jobrunner.service"]


def test_a_program_in_a_folder_with_a_space_is_quoted():
    tick = read([units(ticking(tick=[PROGRAM, "tick"]))["jobrunner.service"]])
    assert tick.commands() == [[PROGRAM, "tick"]]
