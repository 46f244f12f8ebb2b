"""The doorbell: who rings is answered, who only stands there is not waited for."""

import os
import select
import socket
import stat
import threading
from contextlib import ExitStack, closing, contextmanager

import pytest

from jobrunner.engine.doorbell import MOST, Doorbell
from jobrunner.engine.state import State, prepare
from jobrunner.engine.wake import poke
from jobrunner.errors import BusyError


@pytest.fixture
def state(tmp_path):
    state = State(f"{tmp_path}/state")
    prepare(state)
    return state


@pytest.fixture
def doorbell(state):
    with closing(Doorbell(state)) as doorbell:
        yield doorbell


@contextmanager
def answering(doorbell, told="awake"):
    """Answer one ring from another thread; what was said."""
    said = []

    def answer():
        while not said:
            select.select([doorbell.fileno()], [], [], 10)
            said.extend(doorbell.answer(told))

    thread = threading.Thread(target=answer)
    thread.start()
    yield said
    thread.join()


def visitor(state):
    caller = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    caller.connect(state.socket)
    return caller


def test_who_rings_is_told_how_things_are(state, doorbell):
    with answering(doorbell, "awake\nbut") as said:
        assert poke(state, "reload") == "awake\nbut"
    assert [message.split(" ")[0] for message in said] == ["reload"]


def test_where_nobody_is_nobody_answers(state, tmp_path):
    assert poke(state) is None
    assert poke(State(f"{tmp_path}/nowhere")) is None


def test_who_left_is_not_there(state):
    Doorbell(state).close()
    assert not os.path.lexists(state.socket)
    assert poke(state) is None


def test_who_was_killed_is_not_there_and_the_next_one_is(state):
    Doorbell(state)._shut()
    assert os.path.lexists(state.socket)
    assert poke(state) is None
    with closing(Doorbell(state)) as doorbell, answering(doorbell):
        assert poke(state) == "awake"


def test_who_leaves_before_he_answers_is_not_there(state):
    doorbell = Doorbell(state)

    def leave():
        select.select([doorbell.fileno()], [], [], 10)
        doorbell.close()

    thread = threading.Thread(target=leave)
    thread.start()
    assert poke(state) is None
    thread.join()


def test_who_does_not_answer_is_named(state, doorbell):
    with pytest.raises(BusyError, match=f"process {os.getpid()}.*does not answer"):
        poke(state, patience=0.05)


def test_a_queue_that_is_full_is_not_waited_in(state, doorbell):
    with ExitStack() as callers:
        for _ in range(MOST + 1):
            callers.enter_context(closing(visitor(state)))
        with pytest.raises(BusyError, match="does not answer"):
            poke(state, patience=0.05)


def test_only_its_owner_reaches_it(state, doorbell):
    assert stat.S_IMODE(os.lstat(state.socket).st_mode) == 0o600


def test_a_path_that_is_too_long_for_a_socket_is_reached(tmp_path):
    state = State(f"{tmp_path}/{'x' * 100}")
    prepare(state)
    with closing(Doorbell(state)) as doorbell, answering(doorbell):
        assert poke(state) == "awake"
    assert not os.path.lexists(state.socket)


def test_who_says_nothing_holds_nobody_up(state, doorbell):
    with closing(visitor(state)):
        assert not doorbell.is_rung()
        assert doorbell.answer("awake") == []
        with answering(doorbell):
            assert poke(state) == "awake"


def test_who_says_nothing_is_heard_when_he_does(state, doorbell):
    with closing(visitor(state)) as caller:
        doorbell.answer("awake")
        caller.send(b"wake 1")
        assert select.select([doorbell.fileno()], [], [], 10)[0]
        assert doorbell.answer("awake") == ["wake 1"]
        assert caller.recv(100) == b"awake"


def test_a_crowd_that_says_nothing_makes_room(state, doorbell):
    with ExitStack() as callers:
        for _ in range(3 * MOST):
            callers.enter_context(closing(visitor(state)))
            doorbell.answer("awake")
        assert len(doorbell._waiting) == MOST
        with answering(doorbell):
            assert poke(state) == "awake"


@pytest.mark.parametrize("message", [b"x" * 100_000, b""])
def test_what_is_no_message_is_not_heard(state, doorbell, message):
    with closing(visitor(state)) as caller:
        caller.send(message)
        assert doorbell.answer("awake") == []
        assert not doorbell.is_rung()


def test_who_hangs_up_is_not_heard(state, doorbell):
    caller = visitor(state)
    caller.close()
    assert doorbell.answer("awake") == []
    assert not doorbell.is_rung()


def test_all_who_ring_are_answered_at_once(state, doorbell):
    with ExitStack() as callers:
        for number in range(5):
            caller = callers.enter_context(closing(visitor(state)))
            caller.send(f"wake {number}".encode())
        assert sorted(doorbell.answer("awake")) == [f"wake {number}" for number in range(5)]
        assert not doorbell.is_rung()
