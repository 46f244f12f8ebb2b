"""The journal, played by a socket of the test's own."""

import os
import socket
from contextlib import closing

import pytest

from jobrunner.engine.diary import Diary
from jobrunner.engine.journal import ERROR, journal_of
from tests.build import FakeClock
from tests.engine.test_record import fields


@pytest.fixture
def address(tmp_path):
    return str(tmp_path / "socket")


@pytest.fixture
def server(address):
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as server:
        server.bind(address)
        server.setblocking(False)
        yield server


def stream_of(file):
    found = os.fstat(file)
    return {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}


def diary(address):
    return Diary(FakeClock(), journal=journal_of(stream_of(ERROR), address=address))


def test_a_record_goes_to_the_journal_and_not_to_standard_error(server, address, capfd):
    diary(address).warning("a clock was set")
    assert fields(server.recv(4096))["MESSAGE"] == "a clock was set"
    assert capfd.readouterr().err == ""


def test_without_an_answer_a_line_is_written(address, capfd):
    diary(address).warning("a clock was set")
    assert capfd.readouterr().err == "2026-11-20T12:00:00Z warning a clock was set\n"


def test_a_journal_that_is_busy_keeps_nobody_waiting(server, address, capfd):
    book = diary(address)
    for number in range(1000):
        book.info(f"record {number}")
    taken = 0
    while taken < 1000:
        try:
            server.recv(4096)
        except BlockingIOError:
            break
        taken += 1
    assert taken + capfd.readouterr().err.count("\n") == 1000
    assert 0 < taken < 1000


def test_a_message_too_long_for_the_journal_is_a_line(server, address, capfd):
    diary(address).error("x" * 10_000_000)
    assert len(capfd.readouterr().err) > 10_000_000


def test_who_has_a_log_elsewhere_by_now_writes_there_too(server, address, tmp_path, capfd):
    with (tmp_path / "log").open("w") as other:
        journal = journal_of(stream_of(other.fileno()), other.fileno(), address)
        Diary(FakeClock(), journal=journal).info("both")
    assert fields(server.recv(4096))["MESSAGE"] == "both"
    assert "info both" in capfd.readouterr().err


@pytest.mark.parametrize("environ", [{}, {"JOURNAL_STREAM": "1:2"}, {"JOURNAL_STREAM": "x"}])
def test_a_variable_that_is_only_inherited_means_nothing(environ):
    assert journal_of(environ) is None


def test_a_descriptor_that_is_closed_leads_nowhere():
    assert journal_of({"JOURNAL_STREAM": "1:2"}, 9999) is None
