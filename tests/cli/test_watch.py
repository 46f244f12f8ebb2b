"""`jobrunner watch` as its reader meets it, at noon UTC on Friday 2026-11-20."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from datetime import timedelta
from pathlib import Path

import click
import pytest

from jobrunner.cli import frame
from jobrunner.cli.caller import asker
from jobrunner.cli.frame import View
from jobrunner.cli.keyboard import Keyboard
from jobrunner.cli.main import run
from jobrunner.cli.option import Globals
from jobrunner.engine.report.live import Glass, Going, Live, Soon
from jobrunner.engine.scene import scene
from jobrunner.model.run import State
from tests.build import NOON, FakeClock, make_run
from tests.store.life import HOUR, MINUTE, end, ended, first_look, running

SECOND = timedelta(seconds=1)


def going(**changes):
    values = {
        "run": make_run(id=7, job="sync", state=State.RUNNING),
        "spent": 72 * SECOND,
        "p50": 38 * SECOND,
        "p95": 58 * SECOND,
        "tail": b"batch 21 of 22\nbatch 22 of 22\n",
    }
    return Going(**(values | changes))


def live(**changes):
    values = {
        "host": "web",
        "now": NOON,
        "last_tick_at": NOON - 31 * SECOND,
        "failing": 2,
        "going": [going()],
        "soon": [Soon(NOON + 3 * MINUTE, "sync", "will be skipped: still running")],
        "done": [make_run(id=5, job="ping", state=State.FAILED, finished_at=NOON, reason="exit 3")],
    }
    return Live(**(values | changes))


def drawn(seen, lines=24, *, keys=True, **view):
    """The lines that a command of the test would draw."""
    values = {"zone": NOON.tzinfo, "safe": lambda _, data: data.decode()}
    with click.Context(click.Command("watch"), obj=Globals(FakeClock())):
        return frame.frame(seen, View(**(values | view)), lines, keys=keys)


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")


def test_a_frame_tells_what_runs_what_comes_and_what_ended():
    assert drawn(live(), selected=7) == [
        "jobrunner on web   Fri 12:00:00 UTC   last tick 31s ago   1 running, 0 queued, 2 failing",
        "   RUN  JOB   ELAPSED  OF USUAL                                   OUTPUT",
        ">● #7   sync  1m 12s   ▕██████████████████▏ 189% above p95 (58s)  batch 22 of 22",
        "   soon:  12:03 sync (will be skipped: still running)",
        "   done:  12:00 ✗ ping  exit 3",
        " q quit   ↑↓ select   l logs   s stop   r run again",
    ]


def test_a_first_run_has_nothing_to_be_compared_with():
    (line,) = [line for line in drawn(live(going=[going(p50=None)])) if "#7" in line]
    assert line.split() == ["●", "#7", "sync", "1m", "12s", "batch", "22", "of", "22"]


def test_a_run_that_waits_says_so():
    waiting = going(run=make_run(id=8, job="load", state=State.QUEUED), spent=None)
    assert any("waits for its turn" in line for line in drawn(live(going=[waiting])))


def test_a_log_takes_the_room_that_is_left_and_shows_its_end():
    log = b"".join(b"line %d\n" % number for number in range(100))
    lines = drawn(live(), 12, log=("sync", log))
    assert len(lines) == 12
    assert lines[-2] == "   line 99"


def test_no_frame_is_higher_or_wider_than_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    many = live(going=[going(tail=b"x" * 500) for _ in range(50)])
    lines = drawn(many, 10)
    assert len(lines) == 10
    assert max(map(len, lines)) <= 60


@pytest.fixture
def here(call, tmp_path):
    with scene("jobs.toml", asker()) as here:
        yield here


def begun(here, job="hello", wrote=b""):
    run_ = running(here.store, job)
    path = Path(here.state.output_path(here.state.output(run_.id, 1)))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(wrote)
    return run_


def test_a_look_tells_how_long_a_run_lasts_and_what_it_wrote_last(here):
    begun(here, wrote=b"one\ntwo\n")
    (seen,) = Glass(here).look(NOON + MINUTE).going
    assert (seen.spent, seen.size, seen.tail) == (MINUTE, 8, b"one\ntwo\n")


def test_a_look_knows_what_is_usual_and_which_jobs_fail(here):
    ended(here.store, State.SUCCESS, job="hello", now=NOON - 2 * HOUR, at=NOON - HOUR)
    ended(here.store, State.FAILED, job="report", now=NOON - 2 * HOUR, at=NOON - HOUR)
    begun(here)
    seen = Glass(here).look(NOON)
    assert (seen.failing, seen.going[0].p50 is not None) == (1, True)
    assert {run_.job for run_ in seen.done} == {"hello", "report"}


def test_a_slot_of_a_job_that_runs_will_be_skipped(here):
    begun(here)
    look = first_look("hello", next_at=NOON + 15 * MINUTE)
    here.store.claim([look], owner="me", host="", now=NOON)
    assert Glass(here).look(NOON).soon == [
        Soon(NOON + 15 * MINUTE, "hello", "will be skipped: still running")
    ]


class Impatient(FakeClock):
    """Lets something happen at the first look, and leaves after the second."""

    def __init__(self, happening):
        super().__init__()
        self._happenings = [happening, self._leave]

    def sleep(self, _):
        self._happenings.pop(0)()

    def _leave(self):
        raise KeyboardInterrupt


def streamed(here, capsys, happening, *options):
    run(["-c", "jobs.toml", "watch", *options], clock=Impatient(happening))
    return capsys.readouterr().out


def test_in_a_pipe_there_is_a_line_for_each_run_that_begins_or_ends(here, capsys):
    text = streamed(here, capsys, lambda: begun(here))
    assert [line.split("\t")[1:4] for line in text.splitlines()] == [["running", "hello", "1"]]


def test_for_programs_there_is_an_object_for_each(here, capsys):
    first = begun(here)
    text = streamed(here, capsys, lambda: end(here.store, first, State.SUCCESS), "--ndjson")
    assert [json.loads(line)["state"] for line in text.splitlines()] == ["success"]


def test_keys_that_come_together_are_read_one_by_one():
    reading, writing = os.pipe()
    os.write(writing, b"\x1b[B\x1bOAjq")
    os.close(writing)
    keys = Keyboard(reading)
    assert [keys.key(0) for _ in range(5)] == ["down", "up", "down", "q", "q"]
    os.close(reading)


class Screen:
    """A terminal with `jobrunner watch` on it."""

    def __init__(self, folder):
        self._mine, theirs = pty.openpty()
        tty_size(theirs, rows=24, columns=100)
        program = (sys.executable, "-P", "-m", "jobrunner", "-c", folder / "jobs.toml", "watch")
        self.process = subprocess.Popen(program, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        self._drawn = ""

    def until(self, text):
        """What is drawn up to this; what came together with it is left for the next time."""
        while text not in self._drawn:
            self._drawn += os.read(self._mine, 1 << 16).decode(errors="replace")
        before, _, self._drawn = self._drawn.partition(text)
        return before + text

    def press(self, keys):
        os.write(self._mine, keys)

    def close(self):
        os.close(self._mine)
        self.process.wait(60)


def tty_size(file, rows, columns):
    fcntl.ioctl(file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@pytest.fixture
def screen(here, tmp_path):
    screen = Screen(tmp_path)
    yield screen
    screen.process.kill()
    screen.close()


def test_on_a_terminal_keys_show_a_log_and_q_leaves_the_last_frame(here, tmp_path, screen):
    begun(here, wrote=b"\x1b]0;evil\x07first\nlast\n")
    screen.until("#1")
    screen.press(b"l")
    shown = screen.until("log:")
    screen.press(b"q")
    left = screen.until("\x1b[?1049l") + screen.until("hello")
    assert "\x1b]0;" not in shown + left
    assert screen.process.wait(60) == 0


def test_what_a_key_asks_for_is_asked_back_first(here, screen):
    begun(here)
    screen.until("#1")
    screen.press(b"s")
    screen.until("Stop hello #1? y/n")
    screen.press(b"n")
    screen.until("q quit")
    assert here.store.request(1) is None
    screen.press(b"s")
    screen.until("y/n")
    screen.press(b"yq")
    screen.until("\x1b[?1049l")
    assert here.store.request(1).kind == "stop"


def test_a_run_is_followed_to_its_end_and_its_code_handed_on_if_asked(call, tmp_path):
    (tmp_path / "jobs.toml").write_text('[jobs.bad]\ncommand = "echo no; exit 3"\n')
    assert call("run", "bad")[0] == 3
    assert call("watch", "1")[0] == 0
    assert call("watch", "bad", "--exit-status")[0] == 3
