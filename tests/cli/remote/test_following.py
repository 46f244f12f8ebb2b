"""A run that is followed over a line that breaks: nothing is lost, nothing is told twice."""

import json
from base64 import b64encode
from contextlib import contextmanager
from types import SimpleNamespace

import msgspec
import pytest

from jobrunner.cli.remote.following import TRIES, Follower
from jobrunner.cli.remote.line import LineError
from jobrunner.cli.remote.stream import sent_by
from jobrunner.engine.actions.follow import Began, Ended, Over, Still
from jobrunner.engine.actions.tail import Cut, Unseen, Wrote
from jobrunner.engine.past.rows import attempt_row, row
from jobrunner.model.run import Attempt, State
from tests.build import NOON, UTC_ZONE, FakeClock, make_job, make_run

JOB = make_job(timezone=UTC_ZONE)
RUN = make_run(id=7, state=State.RUNNING)
END = json.loads(msgspec.json.encode(row(RUN, JOB))) | {"state": "success"}
FIRST = Attempt(run=7, number=1, state=State.RUNNING, owner="me", started_at=NOON)
BEGUN = json.loads(msgspec.json.encode(attempt_row(FIRST, UTC_ZONE.info)))


def event(data, name="", number=""):
    told = json.dumps({"base64": b64encode(data).decode()} if isinstance(data, bytes) else data)
    return f"event: {name}\nid: {number}\ndata: {told}\n\n".encode()


class Wire:
    """A line on which there come these, connection by connection; None is one that fails."""

    def __init__(self, *answers):
        self.answers, self.asked = [*answers], []

    @contextmanager
    def opened(self, _path, _query, headers, **_):
        self.asked.append(headers.get("Last-Event-ID", ""))
        answer = self.answers.pop(0) if self.answers else None
        if answer is None:
            raise LineError("nobody is there")
        sock = SimpleNamespace(shutdown=lambda _: None)
        lines = answer.splitlines(keepends=True)
        yield SimpleNamespace(sock=sock), Lines(lines)


class Lines(list):
    status = 200


class Past:
    """What the ledger says meanwhile."""

    def __init__(self, attempts=()):
        self._attempts = [*attempts]

    def run(self, _):
        return RUN

    def attempts(self, _):
        return self._attempts


def told(wire, past=None, **more):
    events = Follower(wire, past or Past(), FakeClock(), 7, **more).events()
    return [event for event in events if not isinstance(event, Still)]


def test_a_line_that_breaks_goes_on_where_it_broke():
    wire = Wire(
        event(BEGUN, "attempt", "1:0") + event(b"one\n", number="1:4") + b"id: 1:8\ndata: {",
        None,
        event(b"two\n", number="1:8") + event(END, "end", "end"),
    )
    began, one, two, over = told(wire)
    assert (began.attempt.number, one, two) == (1, Wrote(b"one\n"), Wrote(b"two\n"))
    assert over.run.state is State.SUCCESS
    assert wire.asked == ["", "1:4", "1:4"]


def test_each_thing_that_can_be_told_is_understood():
    ended = BEGUN | {"state": "failed", "next_attempt_at": "2026-11-20T12:01:00Z"}
    wire = Wire(
        event(BEGUN, "attempt")
        + event({"bytes": 9}, "cut")
        + event({"detail": "It may not be read."}, "unreadable")
        + event(ended, "attempt_end")
        + event(END, "end")
    )
    found = told(wire)
    assert [type(one) for one in found] == [Began, Cut, Unseen, Ended, Over]
    assert found[1] == Cut(9)
    assert found[3].next_at.isoformat() == "2026-11-20T12:01:00+00:00"


def test_the_first_attempt_is_told_of_though_others_have_begun():
    second = msgspec.structs.replace(FIRST, number=2)
    wire = Wire(event(b"one\n", number="1:4") + event(END, "end"))
    began, *_ = told(wire, Past([FIRST, second]), from_first=True)
    assert began.attempt.number == 1
    assert wire.asked == ["1:0"]


def test_who_was_never_there_is_told_of_at_once():
    wire = Wire(None)
    with pytest.raises(LineError):
        told(wire)
    assert len(wire.asked) == 1


def test_who_is_gone_is_waited_for_only_so_long():
    wire = Wire(event(BEGUN, "attempt", "1:0"))
    with pytest.raises(LineError):
        told(wire)
    assert len(wire.asked) == 1 + TRIES


def test_signs_of_life_are_no_events():
    lines = [b"retry: 3000\n", b"\n", b": still here\n", b"\n", b"data: 1\r\n", b"\r\n"]
    assert [one.data for one in sent_by(lines)] == [b"1"]
