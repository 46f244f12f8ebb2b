"""What systemd hears of a service, on a real socket."""

import os
import socket

import pytest

from jobrunner.engine.serving.notice import Notice


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    """Where a service manager listens; its address as it is told to services."""
    address = f"@jobrunner-test-{os.getpid()}" if request.param == "abstract" else tmp_path / "n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind(str(address).replace("@", "\0", 1))
        door.settimeout(10)
        yield door, {"NOTIFY_SOCKET": str(address)}


def test_it_hears_of_the_beginning_and_the_end(manager):
    door, environ = manager
    notice = Notice(environ)
    notice.ready()
    notice.well()
    notice.ending()
    assert [door.recv(99) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_it_is_told_twice_in_the_time_that_it_waits():
    environ = {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "30000000"}
    assert Notice(environ).pace == 15
    assert Notice(environ | {"WATCHDOG_PID": str(os.getpid())}).pace == 15


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"WATCHDOG_USEC": "30000000"},
        {"NOTIFY_SOCKET": "/x"},
        {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "soon"},
        {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"},
    ],
)
def test_nobody_is_told_who_does_not_wait_for_us(environ):
    assert Notice(environ).pace is None


@pytest.mark.parametrize("address", ["", "relative", "/no/such/socket"])
def test_a_manager_that_is_gone_is_no_trouble(address):
    Notice({"NOTIFY_SOCKET": address}).ready()
