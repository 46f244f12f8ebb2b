"""The judge finds whatever a ledger may say that is not so, and the ways can be cut."""

import socket
import subprocess
from datetime import timedelta

import pytest

from jobrunner.model.run import Attempt, State
from tests.build import NOON, make_run
from tests.cluster.proxy import Proxy
from tests.cluster.witness import BEGAN, ENDED, NOT_EXCLUDED, Line, Witness, judge, judge_lock

SECOND = timedelta(seconds=1)


def line(run, what=BEGAN, attempt=1):
    return Line("backup", run, attempt, "web-1", 7, what)


def success(number, **changes):
    run = {"id": number, "state": State.SUCCESS, "attempts": 1}
    return make_run(**(run | {"scheduled_for": NOON + SECOND * number} | changes))


def went_well(count):
    runs = [success(number) for number in range(count)]
    return runs, [line(n, what) for n in range(count) for what in (BEGAN, ENDED)]


def test_what_went_well_is_found_well():
    runs, lines = went_well(3)
    verdict = judge(lines, runs)
    assert verdict.is_well
    assert (verdict.slots, verdict.states) == (3, {"success": 3})


def test_a_stretch_that_was_left_out_is_no_hole():
    runs, lines = went_well(2)
    skipped = {"state": State.SKIPPED, "attempts": 0, "slots": 5, "reason": "paused"}
    assert judge(lines, [*runs, success(2, **skipped), success(7, **skipped)]).slots == 12


def test_a_second_try_is_no_double():
    run = success(1, attempts=2)
    lines = [line(1), line(1, attempt=2), line(1, ENDED, 2)]
    assert judge(lines, [run]).is_well


@pytest.mark.parametrize(
    ("runs", "lines", "found"),
    [
        ([success(1)], [line(1)], "lost"),
        ([success(1)], [], "lost"),
        ([success(1), success(3)], [line(1), line(1, ENDED), line(3), line(3, ENDED)], "lost"),
        ([success(1)], [line(1), line(1), line(1, ENDED)], "doubled"),
        ([success(1), success(2, scheduled_for=NOON + SECOND)], [], "doubled"),
        ([], [line(1)], "lies"),
        ([success(1)], [line(1), line(1, ENDED), line(1, attempt=2)], "lies"),
        ([success(1, state=State.SKIPPED, attempts=0, reason="x")], [line(1)], "lies"),
        ([success(1, state=State.LOST, reason="")], [line(1), line(1, ENDED)], "lies"),
        ([success(1, state=State.RUNNING)], [line(1)], "lies"),
    ],
)
def test_what_is_not_so_is_found(runs, lines, found):
    verdict = judge(lines, runs)
    assert getattr(verdict, found)
    assert not verdict.is_well


@pytest.mark.parametrize(("error", "is_well"), [("web-1 is gone", False), (NOT_EXCLUDED, True)])
def test_attempts_overlap_only_where_the_ledger_says_so(error, is_well):
    lines = [line(1), line(1, attempt=2), line(1, ENDED), line(1, ENDED, 2)]
    attempt = Attempt(run=1, number=1, state=State.LOST, owner="", started_at=NOON, error=error)
    verdict = judge(lines, [success(1, attempts=2)], attempts=lambda _: [attempt])
    assert verdict.is_well is is_well


def test_a_lock_that_two_had_at_once_is_found():
    lines = [line(1), line(2), line(1, ENDED), line(2, ENDED)]
    assert judge_lock(lines, [success(1), success(2)], ["backup"])
    assert not judge_lock(lines, [success(1), success(2, state=State.LOST)], ["backup"])
    assert not judge_lock(lines, [success(1), success(2)], ["another"])
    assert not judge_lock(sorted(lines, key=lambda x: x.run), [success(1), success(2)], ["backup"])


def test_commands_say_when_they_begin_and_end(tmp_path, monkeypatch):
    witness = Witness(tmp_path / "lines")
    told = {"JOB": "backup", "RUN_ID": "7", "ATTEMPT": "2", "HOST": "web-1"}
    for name, value in told.items():
        monkeypatch.setenv(f"JOBRUNNER_{name}", value)
    subprocess.run(["/bin/sh", "-c", witness.command()], check=True)
    assert [(x.run, x.attempt, x.host) for x in witness.lines()] == [(7, 2, "web-1")] * 2
    assert len(witness.began("backup")) == len(witness.ended()) == 1


# -- ways


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        yield listener


@pytest.fixture
def way(listener):
    way = Proxy(*listener.getsockname())
    yield way
    way.close()


def call(way):
    return socket.create_connection(("127.0.0.1", way.port), timeout=10)


def test_a_way_carries_what_is_said(listener, way):
    with call(way) as near, listener.accept()[0] as far:
        near.sendall(b"hello")
        assert far.recv(9) == b"hello"


def test_nothing_passes_in_silence_and_all_of_it_afterwards(listener, way):
    with call(way) as near, listener.accept()[0] as far:
        way.hush()
        near.sendall(b"hello")
        far.settimeout(0.1)
        with pytest.raises(TimeoutError):
            far.recv(9)
        way.open()
        far.settimeout(10)
        assert far.recv(9) == b"hello"


def test_a_refusal_breaks_what_there_is_and_takes_nothing_new(listener, way):
    with call(way) as near, listener.accept()[0]:
        way.refuse()
        assert near.recv(9) == b""
        with pytest.raises(ConnectionRefusedError):
            call(way)
        way.open()
        with call(way), listener.accept()[0]:
            pass
