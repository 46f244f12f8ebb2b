"""Orders to another host: a real one, that is served and has a supervisor who is awake."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from jobrunner.cli.remote.orders import WAITS
from jobrunner.clock import SystemClock
from jobrunner.model.run import State
from tests.cli.remote.conftest import Pair
from tests.web.api.stage import Stage
from tests.web.house import served

JOBS = """
[jobs.hello]
cron = "0 0 1 1 *"
tags = ["greeting"]
command = 'printf "hello %s\\n" "$JOBRUNNER_PARAM_WHO"'
params.who = { default = "you", pattern = "[a-z]+" }

[jobs.flaky]
command = 'echo try "$JOBRUNNER_ATTEMPT"; exit 3'
retry = { attempts = 1, delay = "1s", jitter = false }

[jobs.sleeper]
command = "echo begun; exec sleep 1000"
"""
UNSTEADY = (
    (re.compile(r"\d+(\.\d+)?s\b"), "SOME"),
    (re.compile(r"\d\d:\d\d:\d\d"), "THEN"),
    (re.compile(r"#?\b\d+\b"), "N"),
    # Who asked, and that it was over the network, is told of the one from afar.
    (re.compile(r"(by hand|over the API) \(\w+\)"), "WHO"),
    (re.compile(r"\(\w+: db1\)"), "(WHO: db1)"),
    (re.compile(r" \([^()\n]*usual[^()\n]*\)"), ""),
)


@pytest.fixture
def stage(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    stage = Stage(tmp_path, JOBS)
    yield stage
    stage.close()


@pytest.fixture
def pair(stage, monkeypatch, capsys):
    for variable in ("NO_COLOR", "FORCE_COLOR", "FORCE_TTY"):
        monkeypatch.delenv(variable, raising=False)
    stage.theatre.start()
    stage.house.app.state.pulse.pace = 0.05
    with served(stage.house.app) as url:
        yield Pair(stage.house, url, monkeypatch, capsys, SystemClock)
        stage.house.app.state.pulse.end()


def steady(told):
    code, *texts = told
    for unsteady, word in UNSTEADY:
        texts = [unsteady.sub(word, text) for text in texts]
    return code, *texts


@pytest.mark.parametrize(
    "words", ["run hello", "run hello -p who=me -q", "run flaky", "run hello -p who=ME"]
)
def test_a_run_is_watched_from_afar_as_it_is_there(pair, words):
    near, far = pair.near(*words.split()), pair.far(*words.split())
    assert steady(far) == steady(near)


def test_a_run_from_afar_is_asked_for_by_the_token(pair, stage):
    code, out, err = pair.far("run", "flaky")
    assert (code, out) == (3, "try 1\ntry 2\n")
    assert "flaky #1 failed on attempt 2" in err
    assert stage.store.run(1).asked_by == "operator"


def test_a_run_is_told_as_the_row_of_its_history(pair):
    code, out, _ = pair.far("run", "hello", "--json", "--fields", "id,state,max_attempts")
    assert (code, json.loads(out)) == (0, [{"id": 1, "state": "success", "max_attempts": 1}])


def test_who_detaches_gets_the_number(pair, stage):
    assert pair.far("run", "hello", "--detach") == (0, "#1\n", "")
    assert stage.theatre.end_of(1).state is State.SUCCESS


def test_a_second_run_is_refused_as_there(pair, stage):
    pair.far("run", "sleeper", "--detach")
    stage.theatre.until(lambda: stage.store.run(1).state is State.RUNNING)
    near, far = pair.near("run", "sleeper"), pair.far("run", "sleeper")
    assert far[0] == 6
    assert steady(far) == steady(near)


def test_a_retry_has_a_number_of_its_own(pair, stage):
    pair.far("run", "flaky")
    assert pair.far("retry", "flaky") == (0, "#2\n", "")
    assert stage.theatre.end_of(2).state is State.FAILED
    assert pair.far("retry", "1", "--wait")[0] == 3


def test_what_succeeded_is_not_tried_again_by_its_job(pair):
    pair.far("run", "hello")
    near, far = pair.near("retry", "hello"), pair.far("retry", "hello")
    assert far == near
    assert far[0] == 6


def test_a_stop_waits_for_the_end(pair, stage):
    pair.far("run", "sleeper", "--detach")
    stage.theatre.until(lambda: stage.store.run(1).state is State.RUNNING)
    code, out, _ = pair.far("stop", "sleeper")
    assert (code, "sleeper #1 was stopped" in out) == (0, True)
    assert stage.store.run(1).state is State.STOPPED
    assert pair.far("stop", "sleeper") == pair.near("stop", "sleeper")
    assert pair.far("stop", "--all")[0] == 6


def test_a_pause_and_its_end_are_told_as_there(pair):
    words = ("pause", "hello", "--until", "2036-11-21 08:00", "--reason", "db1")
    far = pair.far(*words)
    assert pair.near("resume", "hello")[0] == 0
    near = pair.near(*words)
    assert steady(far) == steady(near)
    assert pair.far("list", "--fields", "name,paused", "--status", "paused")[1] == "hello\ttrue\n"


def test_all_that_is_paused_goes_on_and_is_told(pair):
    def told(ask):
        pair.near("pause", "hello", "sleeper")
        pair.near("pause", "--all")
        return ask("resume", "--all")

    assert told(pair.far) == told(pair.near)
    assert pair.far("resume", "hello") == pair.near("resume", "hello")


def test_jobs_of_a_tag_are_paused_and_unknown_ones_leave_all_as_it_is(pair, stage):
    assert pair.far("pause", "hello", "helo")[0] == 5
    assert pair.far("pause", "--tag", "nobody")[0] == 5
    assert not [one for one in stage.store.health().values() if one.pause]
    assert pair.far("pause", "--tag", "greeting", "-q") == (0, "", "")
    assert stage.store.health()["hello"].pause.by == "operator"


def test_a_viewer_starts_nothing(pair, stage):
    code, _, err = pair.far("run", "hello", role="viewer")
    assert (code, "takes the role operator" in err) == (4, True)
    assert stage.store.run(1) is None


def test_a_log_is_followed_to_the_end_of_its_run(pair, stage):
    pair.far("run", "sleeper", "--detach")
    stage.theatre.until(lambda: stage.store.run(1).state is State.RUNNING)
    with following(pair, "logs", "-f", "sleeper") as tail:
        assert tail.stdout.readline() == b"begun\n"
        pair.far("stop", "1", "--no-wait")
        assert tail.wait(60) == 0


def test_ctrl_c_stops_the_run_where_it_goes_on(pair, stage):
    with following(pair, "run", "sleeper") as run:
        assert run.stdout.readline() == b"begun\n"
        run.send_signal(signal.SIGINT)
        assert run.wait(60) == 143
        assert b"Stopping it." in run.stderr.read()
    assert stage.store.run(1).state is State.STOPPED


def following(pair, *words):
    """A command in a process of its own."""
    file = pair.house.folder / "operator.token"
    file.write_text(pair.house.secrets["operator"])
    file.chmod(0o600)
    told = {"JOBRUNNER_URL": pair.url, "JOBRUNNER_TOKEN_FILE": str(file)}
    program = [sys.executable, "-m", "jobrunner", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(program, env=os.environ | told, stdout=pipe, stderr=pipe)


def test_on_a_terminal_there_is_a_line_that_tells_how_far_it_is(pair):
    code, out, err = pair.far("run", "hello", FORCE_TTY="1", JOBRUNNER_COLUMNS="80")
    assert (code, err) == (0, "")
    lines = [line.split("\x1b[2K")[-1] for line in out.splitlines()]
    assert any("hello #1, over the API (operator)" in line for line in lines)
    assert any("hello #1 succeeded" in line for line in lines)


def test_where_nobody_is_awake_the_next_tick_is_waited_for(pair, stage):
    stage.theatre.kill()
    with following(pair, "run", "hello") as run:
        assert run.stderr.readline() == f"{WAITS}\n".encode()
        stage.theatre.start()
        assert (run.wait(60), run.stdout.read()) == (0, b"hello you\n")
