"""What a job writes on one host, as it is seen on another: real supervisors, real commands."""

import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobrunner.model.run import State
from tests.cluster.stage import PROGRAM, proxies

pytestmark = pytest.mark.long

SECRET = "hunter2-hunter2"
HEARD = "until [ -e {gate}-{n} ]; do sleep 0.05; done; "


class Play:
    """A job of web-1 that goes on as far as its gates are open."""

    def __init__(self, stage, folder):
        self.stage, self._gate = stage, folder / "gate"

    def write(self, *steps):
        """A job that does each step when its gate is open, the first at once."""
        rest = (f"; {HEARD.format(gate=self._gate, n=n)}{step}" for n, step in enumerate(steps[1:]))
        env = f'env = {{ API_TOKEN = "{SECRET}" }}\n'
        line = steps[0] + "".join(rest)
        self.stage.write(f'[jobs.play]\nhosts = ["web-1"]\ncommand = """{line}"""\n{env}')

    def open(self, n):
        (self._gate.parent / f"{self._gate.name}-{n}").touch()

    def logs(self, run, host="web-2"):
        """What `logs` shows there."""
        program = [*PROGRAM, "-c", self.stage[host].file, "logs", f"{run}", "--raw"]
        return subprocess.run(program, capture_output=True, check=False).stdout


@pytest.fixture
def play(stage, tmp_path):
    return Play(stage("web-1", "web-2"), tmp_path)


@contextmanager
def following(host, run):
    """`logs -f` on a host, while it lasts."""
    program = [*PROGRAM, "-c", host.file, "logs", "-f", f"{run}"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as logs:
        try:
            yield logs.stdout
        finally:
            logs.kill()


def test_who_follows_on_another_host_sees_each_line_while_the_job_runs(play):
    stage = play.stage
    play.write("echo one", "echo it is $API_TOKEN", "echo three")
    stage.start()
    run = stage.run("play")
    with following(stage["web-2"], run) as lines:
        assert lines.readline() == "one\n"
        play.open(0)
        assert lines.readline() == f"it is {'*' * len(SECRET)}\n"
        assert stage.store.run(run).state is State.RUNNING
        play.open(1)
        assert lines.read() == "three\n"
    assert play.logs(run) == play.logs(run, "web-1")


def test_a_hundred_mib_are_as_on_the_host_itself_and_no_more_than_that(play):
    stage = play.stage
    play.write("head -c 104857600 /dev/urandom")
    stage.start()
    run = stage.run("play")
    stage.end_of(run)
    kept = play.logs(run, "web-1")
    assert b"bytes cut" in kept
    stage.until(lambda: play.logs(run) == kept)
    pieces = stage.store.pieces(run, 1, limit=1000)
    assert sum(len(piece.body) for piece in pieces) <= 1024 * 1024


def test_a_supervisor_that_takes_over_goes_on(play):
    stage = play.stage
    play.write("echo one", "echo two", "echo three")
    stage.start()
    run = stage.run("play")
    with following(stage["web-2"], run) as lines:
        assert lines.readline() == "one\n"
        stage["web-1"].kill()
        play.open(0)
        stage["web-1"].start()
        assert lines.readline() == "two\n"
        play.open(1)
        assert lines.read() == "three\n"


def test_what_was_written_while_the_database_was_away_is_there_afterwards(
    database, stage, tmp_path
):
    with proxies(database, ["web-1"]) as ways:
        play = Play(stage("web-1", "web-2", ways=ways), tmp_path)
        play.write("echo one", "seq 20000", "echo three")
        play.stage.start()
        run = play.stage.run("play")
        play.stage.until(lambda: play.logs(run) == b"one\n")
        ways["web-1"].hush()
        play.open(0)
        path = Path(play.stage["web-1"].state.output_path(play.stage.store.run(run).output))
        play.stage.until(lambda: path.stat().st_size > 100_000)
        ways["web-1"].open()
        play.stage.until(lambda: play.logs(run).endswith(b"\n20000\n"))
        play.open(1)
        play.stage.end_of(run)
        play.stage.until(lambda: play.logs(run).endswith(b"20000\nthree\n"))
        assert play.logs(run) == play.logs(run, "web-1")
