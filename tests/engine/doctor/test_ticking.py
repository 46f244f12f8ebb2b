"""What ticks: every fault is planted."""

import shutil
from datetime import timedelta

import pytest

from jobrunner.formats.unit import Ticking, units
from tests.engine.doctor.clinic import MINUTE

HOUR = timedelta(hours=1)


@pytest.fixture
def well(clinic):
    clinic.cron()
    clinic.tick()
    return clinic


def test_one_that_ticks_is_well(well):
    assert well.found("ticker") == [
        ("ok", f"/etc/cron.d/jobrunner ticks for {well.file}"),
        ("ok", "last tick 31s ago, no gap in 24h"),
    ]


def test_a_timer_that_spares_jobs_is_well(clinic):
    clinic.timer()
    clinic.tick()
    assert ("ok", "KillMode=process is set") in clinic.found("ticker")
    assert clinic.worst("ticker").severity == "ok"


def test_nothing_that_ticks_is_a_problem(clinic):
    assert clinic.found("ticker") == [("problem", "nothing ticks: no job runs by itself")]


def test_jobs_that_run_by_hand_need_no_ticks(clinic):
    clinic.write('[jobs.a]\ncommand = "true"\n')
    clinic.tick(HOUR)
    assert clinic.worst("ticker").severity == "ok"


def test_two_tickers_are_a_problem_and_one_command_ends_it(well):
    well.timer()
    found = well.worst("ticker")
    assert found.message == (
        "two tickers: /etc/cron.d/jobrunner and systemd timer jobrunner.timer. Keep one:"
    )
    assert (found.severity, found.fix) == ("problem", "sudo jobrunner uninstall systemd")


def test_a_ticker_of_another_file_is_not_ours(clinic):
    clinic.plant("/etc/cron.d/jobrunner", "* * * * * root jobrunner tick -c /srv/b.toml\n")
    told = "what is installed sees to something else: /etc/cron.d/jobrunner (/srv/b.toml)"
    assert ("warning", told) in clinic.found("ticker")


@pytest.mark.parametrize(("service", "mode"), [("", "control-group"), ("KillMode=mixed", "mixed")])
def test_a_unit_that_kills_jobs_is_a_problem_that_names_killmode(clinic, service, mode):
    clinic.timer(service)
    clinic.tick()
    found = clinic.worst("ticker")
    assert found.message.startswith(
        f"jobrunner.service has KillMode={mode}: systemd kills the jobs"
    )
    assert "KillMode=process" in found.fix


@pytest.mark.parametrize(
    ("setting", "severity"),
    [
        ("NoNewPrivileges=yes", "warning"),
        ("PrivateTmp=no", "ok"),
        ("RuntimeDirectory=x", "warning"),
    ],
)
def test_what_a_unit_must_not_say_is_told(clinic, setting, severity):
    clinic.timer(f"KillMode=process\n{setting}")
    clinic.tick()
    assert clinic.worst("ticker").severity == severity


def test_a_crontab_without_a_cron_is_a_problem(well):
    (well.root / "proc/77/comm").write_text("sshd\n")
    assert well.worst("ticker").message.startswith("no cron runs on this host")


def test_a_line_that_cron_does_not_go_by_is_a_problem(clinic):
    clinic.cron("job.runner")
    clinic.tick()
    found = clinic.worst("ticker")
    assert found.message == "/etc/cron.d/job.runner: cron takes no file of that name"
    assert found.fix == "mv /etc/cron.d/job.runner /etc/cron.d/job-runner"


@pytest.fixture
def shipped(clinic):
    """The units that are installed, as they are written."""
    clinic.timer()
    clinic.tick()
    ticking = Ticking(
        name="jobrunner",
        tick=["/opt/bin/jobrunner", "tick", "-c", str(clinic.file)],
        supervise=["/opt/bin/jobrunner", "supervise"],
        config=str(clinic.file),
        state=clinic.state.folder,
        user="root",
    )
    for name, text in units(ticking).items():
        clinic.plant(f"/etc/systemd/system/{name}", text)
    return clinic


def test_the_units_that_are_shipped_are_well(shipped):
    assert {severity for severity, _ in shipped.found("ticker")} == {"ok"}


@pytest.mark.parametrize(
    ("setting", "severity", "told"),
    [
        ("KillMode=mixed", "problem", "no KillMode=process"),
        ("Delegate=no", "warning", "no cgroups"),
    ],
)
def test_a_supervisors_unit_that_is_another_is_told(shipped, setting, severity, told):
    path = "/etc/systemd/system/jobrunner-supervisor.service.d/own.conf"
    shipped.plant(path, f"[Service]\n{setting}\n")
    found = shipped.worst("ticker")
    assert (found.severity, told in found.message) == (severity, True)


def test_a_supervisors_unit_that_is_gone_is_told(shipped):
    (shipped.root / "etc/systemd/system/jobrunner-supervisor.service").unlink()
    assert "jobrunner-supervisor.service is not there" in shipped.worst("ticker").message


def test_a_timer_without_a_systemd_is_a_problem(clinic):
    clinic.timer()
    clinic.tick()
    shutil.rmtree(clinic.root / "run")
    assert "systemd does not run this host" in clinic.worst("ticker").message


def test_a_timer_that_is_not_enabled_is_told(clinic):
    clinic.timer()
    clinic.tick()
    (clinic.root / "etc/systemd/system/timers.target.wants/jobrunner.timer").unlink()
    assert clinic.worst("ticker").fix == "systemctl enable --now jobrunner.timer"


def test_a_users_own_timer_that_ends_with_his_session_is_told(clinic):
    clinic.timer(folder="/home/deploy/.config/systemd/user")
    clinic.tick()
    told = [each for each in clinic.look() if each.fix == "sudo loginctl enable-linger deploy"]
    assert [each.severity for each in told] == ["warning"]
    clinic.plant("/var/lib/systemd/linger/deploy")
    assert not [each for each in clinic.look() if each.fix and "linger" in each.fix]


def test_a_ticker_that_does_not_tick_is_a_problem(clinic):
    clinic.cron()
    clinic.tick(11 * HOUR)
    told = "the last tick came 11h 00m ago, though /etc/cron.d/jobrunner is there"
    assert clinic.worst("ticker").message == told


def test_ticks_that_nothing_seems_to_send_are_told(clinic):
    clinic.tick()
    assert clinic.worst("ticker").message.startswith("ticks come, but nothing")


def test_gaps_are_told(clinic):
    clinic.cron()
    clinic.tick(5 * HOUR, 3 * HOUR, MINUTE)
    assert "last tick 1m 00s ago; 2 gaps in 24h" in clinic.worst("ticker").message


def test_a_ticker_whose_user_may_start_nobody_is_a_problem(clinic):
    clinic.plant("/proc/77/comm", "cron\n")
    clinic.plant("/etc/cron.d/j", f"* * * * * daemon jobrunner tick -c {clinic.file}\n")
    clinic.tick()
    assert "ticks as daemon, who may not start" in clinic.worst("ticker").message
