"""Two processes under one, which here are short scripts; see tests/web/test_service.py."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from jobrunner.clock import SystemClock
from jobrunner.engine.doorbell import Doorbell
from jobrunner.engine.state import State, prepare

CLOCK = SystemClock()
PROGRAM = """
import sys
from jobrunner.clock import SystemClock
from jobrunner.engine.diary import Diary
from jobrunner.engine.serving.pair import Pair
from jobrunner.engine.state import State
state, socket, loop, page = sys.argv[1:]
shell = ("/bin/sh", "-c")
sys.exit(Pair(loop=(*shell, loop), page=(*shell, page), socket=int(socket), state=State(state),
              diary=Diary(SystemClock())).run())
"""
# It stays until SIGTERM, notes the signals that it hears, and says that it is there.
STAYS = """
trap 'echo {0}-hup >> said' HUP; trap 'echo {0}-term >> said; {1}' TERM
echo {0} >> said
while :; do sleep 0.01; done
"""
LOOP, PAGE = STAYS.format("loop", "exit 0"), STAYS.format("page", "exit 0")


@pytest.fixture
def bell(tmp_path):
    """A state folder with somebody who answers, as the scheduler would."""
    state = State(f"{tmp_path}/state")
    prepare(state)
    door = Doorbell(state)
    is_over = []

    def answer():
        while not is_over:
            if door.is_rung():
                door.answer("awake")
            CLOCK.sleep(0.005)

    thread = Thread(target=answer)
    thread.start()
    yield state
    is_over.append(True)
    thread.join()
    door.close()


class Pair:
    """A pair that runs in a folder of its own, and what its children said."""

    def __init__(self, state, loop, page, *before):
        self.said = Path(state.folder, "..", "said")
        self.said.touch()
        reader, self.held = os.pipe()  # stands for the socket
        words = [*before, sys.executable, "-c", PROGRAM, state.folder, str(reader), loop, page]
        self.process = subprocess.Popen(
            words, cwd=self.said.parent, pass_fds=[reader], stderr=subprocess.PIPE, text=True
        )
        os.close(reader)

    def until(self, *words):
        self.wait(lambda: {*words} <= {*self.said.read_text().split()})

    def wait(self, holds):
        deadline = CLOCK.elapsed() + 30
        while not holds():
            assert CLOCK.elapsed() < deadline, self.said.read_text()
            CLOCK.sleep(0.01)

    def tell(self, number):
        self.process.send_signal(number)

    def end(self):
        """Its exit code, and its complaints."""
        complaints = self.process.communicate(timeout=30)[1]
        return self.process.returncode, complaints

    def close(self):
        self.process.kill()
        self.process.communicate()
        os.close(self.held)


@pytest.fixture
def pair(bell):
    made = []

    def start(loop=LOOP, page=PAGE, *before):
        made.append(Pair(bell, loop, page, *before))
        return made[-1]

    yield start
    for each in made:
        each.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_end_when_it_is_asked_to_the_page_last(pair, number):
    both = pair()
    both.until("loop", "page")
    both.tell(number)
    assert both.end() == (0, "")
    words = both.said.read_text().split()
    assert words.index("loop-term") < words.index("page-term")


def test_both_hear_that_something_is_to_be_read_again(pair):
    both = pair()
    both.until("loop", "page")
    both.tell(signal.SIGHUP)
    both.until("loop-hup", "page-hup")


def test_the_page_stays_while_jobs_end_and_a_second_signal_does_not_wait(pair):
    both = pair(STAYS.format("loop", "[ $(grep -c loop-term said) = 2 ] && exit 0"))
    both.until("loop", "page")
    both.tell(signal.SIGTERM)
    both.until("loop-term")
    assert "page-term" not in both.said.read_text()
    both.tell(signal.SIGTERM)
    assert both.end()[0] == 0


@pytest.mark.parametrize(
    ("loop", "page", "code", "told"),
    [
        ("exit 6", PAGE, 6, "the scheduler has ended (exit 6)"),
        (LOOP, "exit 0", 1, "the page has ended (exit 0): so does the other"),
        (LOOP, "kill -KILL $$", 137, "the page has ended (SIGKILL): so does the other"),
        ("until grep page said; do :; done; exit 3", PAGE, 3, "the scheduler has ended (exit 3)"),
    ],
)
def test_one_does_not_go_on_without_the_other(pair, loop, page, code, told):
    found, complaints = pair(loop, page).end()
    assert found == code
    assert told in complaints


def test_both_end_when_it_is_killed(pair):
    both = pair()
    both.until("loop", "page")
    both.tell(signal.SIGKILL)
    both.until("loop-term", "page-term")


def test_the_socket_is_for_the_page_alone(pair):
    both = pair()
    both.until("loop", "page")
    socket = f"pipe:[{os.fstat(both.held).st_ino}]"
    assert [socket in _files(child) for child in _children(both.process.pid)] == [False, True]


def _children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _files(pid):
    return {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}


def _is_zombie(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: a process that is number 1; be root")
def test_as_the_first_process_of_a_container_it_buries_orphans_and_ends_when_asked(pair):
    namespace = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
    parent = f"/bin/sh -c '(sh -c \"echo orphan >> said\" &)'; {LOOP}"
    both = pair(parent, PAGE, *namespace)
    both.until("loop", "page", "orphan")
    (first,) = _children(both.process.pid)
    both.wait(lambda: not any(map(_is_zombie, _children(first))))
    os.kill(int(first), signal.SIGTERM)
    assert both.end() == (0, "")
