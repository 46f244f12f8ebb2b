"""`jobrunner exec` as a line of a crontab meets it: the real program, in a folder of its own."""

import json
import os
import signal
import subprocess
import sys

import pytest

from jobrunner.clock import SystemClock

PROGRAM = (sys.executable, "-m", "jobrunner")
JOBS = '[jobs.declared]\ncommand = "true"\n'


@pytest.fixture
def start(tmp_path):
    """Start the program with these arguments."""
    (tmp_path / "jobs.toml").write_text(JOBS)
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TZ": "UTC", "LANG": "C.UTF-8"}
    started = []

    def start(*arguments, **environ):
        config = () if "JOBRUNNER_STATE_DIR" in environ else ("-c", "jobs.toml")
        process = subprocess.Popen(
            [*PROGRAM, *config, *arguments],
            cwd=tmp_path,
            env=env | environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def call(start):
    """Run the program: its exit code, its answer, its complaints."""

    def call(*arguments, given=b"", **environ):
        process = start(*arguments, **environ)
        out, err = process.communicate(given)
        return process.returncode, out.decode(), err.decode()

    return call


def history(call, **environ):
    return json.loads(call("history", "--json", **environ)[1])


def test_the_output_and_the_code_are_the_commands_own(call):
    line = ("exec", "--name", "wrapped", "--", "sh", "-c", "pwd; echo err >&2; exit 3")
    code, out, err = call(*line)
    assert (code, err) == (3, "")
    assert out.splitlines()[1:] == ["err"]


def test_it_is_in_the_history(call):
    call("exec", "--name", "wrapped", "--", "true")
    (row,) = history(call)
    assert (row["job"], row["state"], row["exit_code"]) == ("wrapped", "success", 0)


def test_a_timeout_is_told(call):
    code, _, err = call("exec", "--name", "wrapped", "--timeout", "100ms", "--", "sleep", "987")
    assert (code, err) == (124, "jobrunner: wrapped #1: timeout after 0.1 seconds\n")


def test_what_is_not_found_is_told(call):
    code, _, err = call("exec", "--name", "wrapped", "--", "no-such-program")
    assert code == 127
    assert err == "jobrunner: wrapped #1: no-such-program: No such file or directory\n"


def test_options_of_the_command_are_its_own(call):
    assert call("exec", "--name", "wrapped", "echo", "--json", "-c")[1] == "--json -c\n"


def test_standard_input_is_handed_on_if_asked_for(call):
    line = ("exec", "--name", "wrapped", "--stdin", "--", "cat")
    assert call(*line, given=b"Hello")[1] == "Hello"
    assert call("exec", "--name", "wrapped", "--", "cat", given=b"Hello")[1] == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_the_command(start, call, number):
    process = start("exec", "--name", "wrapped", "--", "sh", "-c", "echo ready; sleep 987; true")
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == 128 + number
    assert err.startswith(b"jobrunner: wrapped #1: stopped by ")
    assert [row["state"] for row in history(call)] == ["stopped"]


def test_it_can_be_stopped_from_elsewhere(start, call):
    process = start("exec", "--name", "wrapped", "--", "sh", "-c", "echo ready; sleep 987; true")
    assert process.stdout.readline() == b"ready\n"
    code, out, _ = call("stop", "wrapped")
    assert (code, out.startswith("⊘ wrapped #1 was stopped: ")) == (0, True)
    process.communicate()
    assert process.returncode == 143


def test_of_two_with_one_lock_the_second_is_left_out(start, call):
    line = ("exec", "--name", "wrapped", "--lock", "db", "--")
    first = start(*line, "sh", "-c", "echo ready; sleep 987; true")
    assert first.stdout.readline() == b"ready\n"
    told = 'jobrunner: wrapped was left out: lock "db" is held by wrapped #1\n'
    assert call(*line, "echo", "ran") == (6, "", told)
    first.terminate()
    first.communicate()
    assert call(*line, "echo", "ran")[:2] == (0, "ran\n")


def test_the_command_of_a_killed_one_goes_on_and_keeps_its_lock(start, call, tmp_path):
    line = ("exec", "--name", "wrapped", "--lock", "db", "--")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    first = start(*line, "sh", "-c", f"echo ready; cat {fifo}; exit 5")
    assert first.stdout.readline() == b"ready\n"
    first.kill()
    first.wait()
    assert call(*line, "echo", "ran")[0] == 6
    fifo.write_text("go on")
    keeper_is_gone(call)
    assert [row["exit_code"] for row in history(call) if row["id"] == 1] == [5]


def keeper_is_gone(call):
    """Have the next ones sweep until the first run is over: its keeper ends when it does."""
    while any(row["state"] == "running" for row in history(call)):
        call("exec", "--name", "other", "--", "true")


def test_a_file_that_is_broken_does_not_keep_a_known_command_from_running(call, tmp_path):
    call("exec", "--name", "wrapped", "--", "true")
    (tmp_path / "jobs.toml").write_text("a = ")
    code, out, err = call("exec", "--name", "wrapped", "--", "echo", "ran")
    assert (code, out) == (0, "ran\n")
    assert err.startswith("jobrunner: jobs.toml cannot be used: error[E100]")


def test_a_file_that_is_broken_does_not_begin_another_history(call, tmp_path):
    (tmp_path / "jobs.toml").write_text("a = ")
    code, out, err = call("exec", "--name", "wrapped", "--", "echo", "ran")
    assert (code, out) == (3, "")
    assert err.startswith("error[E100]")
    assert not (tmp_path / ".jobrunner").exists()


def test_without_any_file_there_is_a_history_all_the_same(call, tmp_path):
    (tmp_path / "jobs.toml").unlink()
    state = {"JOBRUNNER_STATE_DIR": str(tmp_path / "state")}
    assert call("exec", "--name", "wrapped", "--", "echo", "ran", **state)[:2] == (0, "ran\n")
    assert (tmp_path / "state" / "db" / "ledger.db").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--name", "declared", "--", "true"], 3, "declared is declared in"),
        (["--name", "a b", "--", "true"], 2, "is not a name"),
        (["--name", "x", "--lock", "../x", "--", "true"], 2, "is not a name"),
        (["--name", "x"], 2, "Missing argument"),
        (["--", "true"], 2, "--name"),
        (["--name", "x", "--timeout", "soon", "--", "true"], 2, "is not a duration"),
    ],
)
def test_a_refusal_runs_nothing(call, arguments, code, told):
    found, _, err = call("exec", *arguments)
    assert (found, told in err) == (code, True)


CHANNEL = '[notify.ops]\ncommand = ["sh", "-c", "cat > told.part; mv told.part told"]\n'


def told(tmp_path, deadline=60):
    """What the channel got, as soon as it is there."""
    watch = SystemClock()
    until = watch.elapsed() + deadline
    while not (tmp_path / "told").exists():
        assert watch.elapsed() < until
    return json.loads((tmp_path / "told").read_text())["data"]


def test_a_channel_hears_of_a_failure_at_once(call, tmp_path):
    with (tmp_path / "jobs.toml").open("a") as file:
        file.write(CHANNEL)
    assert call("exec", "--name", "wrapped", "--notify", "ops", "--", "sh", "-c", "exit 3")[0] == 3
    message = told(tmp_path)
    assert (message["event"], message["job"], message["exit_code"]) == ("failure", "wrapped", 3)


def test_without_a_word_the_channels_of_defaults_hear_of_it(call, tmp_path):
    with (tmp_path / "jobs.toml").open("a") as file:
        file.write(CHANNEL + '[defaults]\nnotify = ["ops"]\n')
    call("exec", "--name", "wrapped", "--", "false")
    assert told(tmp_path)["job"] == "wrapped"


def test_a_channel_that_is_not_there_keeps_no_command_from_running(call):
    code, out, err = call("exec", "--name", "wrapped", "--notify", "opps", "--", "echo", "ran")
    assert (code, out) == (0, "ran\n")
    assert 'nobody is told: no channel named "opps"' in err
