"""Units on disk and what systemctl is told; see test_machine for a real systemd."""

import os
import pwd
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from jobrunner.clock import SystemClock
from jobrunner.engine.install import cron, systemd
from jobrunner.engine.install.order import order, order_back
from jobrunner.engine.install.program import Program
from jobrunner.engine.scene import ledger
from jobrunner.engine.ticks import last_tick
from jobrunner.engine.wake import poke
from jobrunner.errors import BusyError, ForbiddenError, JobrunnerError, UnknownError
from jobrunner.formats.unitfile import read
from jobrunner.jobfile.place import Asker
from jobrunner.store import open_store
from tests.build import FakeClock
from tests.engine.install.conftest import PROGRAM

CLOCK = SystemClock()


def install(desk):
    return systemd.install(desk.order(is_host=True), desk.places, [])


def uninstall(desk):
    return systemd.uninstall(desk.order(is_host=True), desk.places)


def served(desk):
    """The order for ticks and a page."""
    who = Asker(environ={"HOME": "/root"}, cwd=str(desk.folder), uid=os.geteuid())
    return order(str(desk.jobs), who, PROGRAM, is_host=True, is_served=True)


@pytest.fixture
def account(monkeypatch):
    """Who serves the page of a host whose jobs are root's."""
    found = pwd.getpwnam("daemon")
    monkeypatch.setattr("pwd.getpwnam", lambda _: found)
    return found


@pytest.fixture(autouse=True)
def _account(account):
    """There is one on every host that has been set up."""


def units(desk):
    return sorted(path.name for path in Path(desk.places.units).iterdir())


@pytest.fixture
def name(desk):
    return systemd.timer(desk.order(is_host=True)).removesuffix(".timer")


def test_three_units_are_written_and_the_timer_is_enabled(desk, name):
    wrote = install(desk)
    assert units(desk) == sorted(Path(path).name for path in wrote.units)
    assert units(desk) == sorted([f"{name}.service", f"{name}.timer", f"{name}-supervisor.service"])
    assert desk.systemctl() == ["daemon-reload", f"enable --now {name}.timer"]


def test_the_page_has_a_service_of_its_own_where_that_is_wanted(desk, name):
    wrote = systemd.install(served(desk), desk.places, [])
    assert f"{desk.places.units}/{name}-serve.service" in wrote.units
    assert desk.systemctl()[1] == f"enable --now {name}.timer {name}-serve.service"
    assert systemd.is_served(desk.order(is_host=True), desk.places)


def test_the_page_comes_to_ticks_that_are_there_already(desk, name):
    install(desk)
    wrote = systemd.install(served(desk), desk.places, [])
    assert wrote.units == [f"{desk.places.units}/{name}-serve.service"]


def test_nothing_is_left_of_the_page(desk, name):
    systemd.install(served(desk), desk.places, [])
    order = order_back(
        str(desk.jobs), Asker(environ={}, cwd="/", uid=os.geteuid()), PROGRAM, is_host=True
    )
    assert len(systemd.uninstall(order, desk.places).units) == 4
    assert units(desk) == []
    assert f"disable --now {name}.timer {name}-serve.service" in desk.systemctl()


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: root's ledger, shared; be root")
def test_roots_page_is_another_users_who_is_let_into_the_ledger(desk, account):
    ledger(desk.order().state).close()
    order = served(desk)
    systemd.install(order, desk.places, [])
    shared = Path(order.state.ledger)
    assert order.page.uid == account.pw_uid
    assert {shared.stat().st_gid, shared.parent.stat().st_gid} == {account.pw_gid}
    assert stat.S_IMODE(shared.parent.stat().st_mode) == 0o2770


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: a page of root's; be root")
def test_the_page_is_never_roots(desk, monkeypatch):
    monkeypatch.setattr("pwd.getpwnam", {}.__getitem__)
    with pytest.raises(UnknownError, match="sudo useradd --system"):
        served(desk)


def test_nothing_is_left_of_them(desk, name):
    install(desk)
    assert len(uninstall(desk).units) == 3
    assert units(desk) == []
    assert desk.systemctl()[2:] == [f"disable --now {name}.timer", "daemon-reload"]


def test_a_second_time_there_is_nothing_to_do(desk):
    install(desk)
    told = desk.systemctl()
    assert install(desk).units == ()
    assert desk.systemctl() == told


def test_units_of_an_older_version_are_renewed(desk, name):
    install(desk)
    path = Path(desk.places.units, f"{name}.service")
    path.write_text(systemd.sealed("[Unit]\nDescription=older\n"))
    assert install(desk).units == [str(path)]
    assert "KillMode=process" in path.read_text()


def test_a_unit_of_somebody_else_is_not_overwritten(desk, name):
    path = Path(desk.places.units, f"{name}.service")
    path.write_text("[Service]\n")
    with pytest.raises(BusyError, match=f"{name}.service is there already"):
        install(desk)
    assert units(desk) == [path.name]
    assert path.read_text() == "[Service]\n"


def test_a_unit_that_was_changed_by_hand_is_kept_and_told(desk, name):
    install(desk)
    path = Path(desk.places.units, f"{name}.service")
    path.write_text(path.read_text() + "Nice=5\n")
    removed = uninstall(desk)
    assert removed.kept == [str(path)]
    assert units(desk) == [path.name]


def test_drop_ins_are_kept_and_told(desk, name):
    install(desk)
    folder = Path(desk.places.units, f"{name}.service.d")
    folder.mkdir()
    assert uninstall(desk).kept == [str(folder)]


def test_what_systemd_refuses_leaves_no_unit(desk):
    (desk.folder / "systemctl.fails").touch()
    with pytest.raises(JobrunnerError, match="Access denied"):
        install(desk)
    assert units(desk) == []


def test_where_there_is_no_systemd_cron_is_named(desk):
    Path(desk.places.manager).rmdir()
    with pytest.raises(JobrunnerError, match="jobrunner install cron"):
        systemd.check_rights(desk.order(is_host=True), desk.places)


def test_without_them_there_is_nothing_to_undo(desk):
    assert uninstall(desk) is None
    assert desk.systemctl() == []


def test_a_line_of_cron_is_in_the_way_of_a_timer(desk):
    cron.install(desk.order(), desk.places, [])
    with pytest.raises(BusyError, match=r"the crontab of .* sees to .* already\. Keep one of the"):
        systemd.install(desk.order(is_host=True), desk.places, desk.tickers())
    assert units(desk) == []


def test_only_root_writes_the_hosts_units(desk):
    order = structs.replace(desk.order(is_host=True), asker=1234)
    with pytest.raises(ForbiddenError, match="jobrunner install systemd --user"):
        systemd.check_rights(order, desk.places)


def test_the_line_of_the_unit_ticks_with_nothing_but_what_the_unit_says(desk):
    program = Program((sys.executable, "-P", "-m", "jobrunner"), sys.executable, sys.prefix)
    order = structs.replace(desk.order(is_host=True), program=program)
    texts = systemd.planned(order, desk.places)
    unit = read(text for path, text in texts.items() if path.endswith(f"{order.name}.service"))
    began = CLOCK.now()
    (words,) = unit.commands()
    nowhere = subprocess.DEVNULL
    done = subprocess.run(
        words,
        env=unit.environment(),
        cwd="/",
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        check=False,
    )
    poke(order.state, "leave")
    store = open_store(order.state.ledger)
    assert done.returncode == 0
    assert last_tick(store, CLOCK.now(), timedelta(days=1))[0] >= began
    store.close()


@pytest.mark.parametrize(
    ("ended", "seconds"), [("5058000", 0.058), ("0", None), ("4000000", None), ("", None)]
)
def test_how_long_a_tick_took_is_known_once_it_is_over(desk, monkeypatch, ended, seconds):
    began = "ExecMainStartTimestampMonotonic=5000000"
    text = f"#!/bin/sh\necho {began}\necho ExecMainExitTimestampMonotonic={ended}\n"
    (desk.folder / "systemctl").write_text(text)
    monkeypatch.setattr(systemd, "TURNS", 2)
    assert systemd.duration(desk.order(is_host=True), desk.places, FakeClock()) == seconds
