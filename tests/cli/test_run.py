"""`jobrunner run` as its reader meets it, at 13:00 CET on Friday 2026-11-20."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from jobrunner.model.run import State
from tests.engine.actions.foreman import staged


@pytest.fixture
def stage(tmp_path, monkeypatch, capsys):
    with staged(tmp_path, monkeypatch, capsys) as stage:
        yield stage


def test_the_jobs_bytes_go_to_standard_output_and_our_words_elsewhere(stage):
    stage.foreman.scripts = {"backup": [(b"done\x1b[2J\n", 0)]}
    code, out, err = stage.call("run", "backup")
    assert (code, out) == (0, "done\x1b[2J\n")
    assert err == (
        "backup #1, by hand (deploy), timeout 2h\n"
        "✓ backup #1 succeeded: 2.0s, 9 B of output\n"
        "  jobrunner logs 1\n"
    )


@pytest.mark.parametrize("terminal", ["", "1"])
def test_quietly_there_is_the_output_alone(stage, terminal):
    stage.foreman.scripts = {"backup": [(b"done\n", 0)]}
    code, out, err = stage.call("run", "backup", "-q", FORCE_TTY=terminal)
    assert (code, err) == (0, "")
    assert re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", out).strip() == "done"


def test_it_ends_with_the_code_of_the_job(stage):
    stage.foreman.scripts = {"backup": [(b"", 7)]}
    code, _, err = stage.call("run", "backup")
    assert code == 7
    assert "✗ backup #1 failed: 2.0s\n  failed for a reason\n" in err
    assert err.endswith("  jobrunner logs 1, jobrunner retry 1\n")


def test_each_attempt_is_told(stage):
    stage.foreman.scripts = {"flaky": [(b"one\n", 1), (b"two\n", 0)]}
    code, out, err = stage.call("run", "flaky")
    assert (code, out) == (0, "one\ntwo\n")
    assert "flaky #1, by hand (deploy), attempt 1 of 3\n" in err
    assert (
        "✗ failed for a reason after 2.0s. Attempt 2 in 1m 00s at 13:01:00 (Ctrl-C gives up)" in err
    )
    assert "✓ flaky #1 succeeded on attempt 2" in err


def test_on_a_terminal_output_is_made_safe_and_all_lines_come_together(stage):
    stage.foreman.scripts = {"backup": [(b"a\x1b[2Jb\nlast", 0)]}
    code, out, err = stage.call("run", "backup", FORCE_TTY="1")
    assert (code, err) == (0, "")
    lines = [re.split(r"\x1b\[(?:2K|\?25l)", line)[-1] for line in out.splitlines()]
    assert "backup #1, by hand (deploy), timeout 2h" in lines
    assert "a^[[2Jb" in lines
    assert "last" in lines
    assert any(line.startswith("✓ backup #1 succeeded") for line in lines)


def test_on_a_terminal_a_line_at_the_bottom_tells_how_far_it_is(stage):
    stage.foreman.scripts = {"backup": [(b"", None)]}
    first = stage.foreman.start("backup")
    stage.foreman.finish(first, State.SUCCESS, 0)
    stage.foreman.on_sleep = [lambda: None] * 25 + [lambda: succeed(stage.foreman, 2)]
    _, out, _ = stage.call("run", "backup", FORCE_TTY="1", JOBRUNNER_COLUMNS="100")
    assert "● attempt 1  0.8s  ▕" in out
    assert "% of the usual 2.0s" in out


def succeed(foreman, run):
    foreman.finish(foreman.store.run(run), State.SUCCESS, 0)


def test_secrets_are_hidden_as_it_writes(stage):
    with (stage.folder / "jobs.toml").open("a") as file:
        file.write('[jobs.secret]\ncommand = "true"\nenv = { DB_PASSWORD = "hunter22" }\n')
    stage.foreman.scripts = {"secret": [(b"it is hunter22!\n", 0)]}
    assert stage.call("run", "secret")[1] == "it is ***!\n"


def test_detached_it_only_tells_the_number(stage):
    assert stage.call("run", "backup", "--detach") == (0, "#1\n", "")
    assert stage.foreman.store.run(1).state.is_live


def test_as_json_it_is_the_row_of_its_history(stage):
    stage.foreman.scripts = {"backup": [(b"noise", 3)]}
    code, out, err = stage.call("run", "backup", "--json", "--fields", "id,state,exit_code")
    assert (code, err) == (3, "")
    assert json.loads(out) == [{"id": 1, "state": "failed", "exit_code": 3}]


def test_parameters_reach_the_request(stage):
    stage.call("run", "index", "-p", "which=orders", "--overlap", "queue", "--detach")
    (request,) = stage.foreman.asked
    order = json.loads(request.arguments)
    assert order == {"params": {"which": "orders"}, "overlap": "queue"}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["bakup"], 5, 'Error: no job named "bakup". Did you mean "backup"?'),
        (["index"], 2, "parameter which is needed"),
        (["index", "-p", "which=all"], 2, 'cannot be "all"'),
        (["index", "-p", "which"], 2, "write -p NAME=VALUE"),
        (["backup", "-p", "x=1"], 2, 'has no parameter "x"'),
        (["backup", "--fields", "idd"], 2, 'Did you mean "id"?'),
    ],
)
def test_a_refusal_starts_nothing(stage, arguments, code, told):
    found, out, err = stage.call("run", *arguments)
    assert (found, out) == (code, "")
    assert told in err
    assert stage.foreman.store.live() == []


def test_a_second_run_is_refused_with_what_to_do(stage):
    stage.foreman.start("backup")
    told = (
        "Error: backup is already running: #1 since 13:00:00 (0.0s).\n"
        "       Watch it: jobrunner logs -f 1   Run anyway: --overlap allow"
        "   Stop it: jobrunner stop 1\n"
    )
    assert stage.call("run", "backup") == (6, "", told)


def test_a_dry_run_shows_what_would_be_executed(stage):
    code, out, _ = stage.call("run", "backup", "--dry-run")
    assert code == 0
    assert "  command      /bin/sh -c true\n" in out
    assert f"  folder       {stage.folder}\n" in out
    assert " JOBRUNNER_JOB " in out
    assert stage.foreman.store.latest(["backup"]) == {}


def test_what_a_job_gets_of_the_shell_is_told_if_asked_for(stage):
    _, _, err = stage.call("run", "backup", "--as-cron")
    assert err.startswith("backup runs as from a tick: PATH=/usr/local/sbin:")


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_asks_the_job_to_stop(stage):
    stage.foreman.scripts = {"backup": [(b"", None)]}
    stage.foreman.on_sleep = [lambda: None] * 5 + [interrupt]
    code, _, err = stage.call("run", "backup")
    assert code == 143
    assert "Stopping it. Ctrl-C again kills it\n⊘ backup #1 was stopped" in err
    assert [asked.kind for asked in stage.foreman.asked] == ["run", "stop"]


def test_ctrl_c_three_times_leaves_it_to_itself(stage):
    stage.foreman.scripts = {"backup": [(b"", None)]}
    stage.foreman._stop = lambda _: "asked"
    stage.foreman.on_sleep = [lambda: None] * 5 + [interrupt] * 3
    code, _, err = stage.call("run", "backup")
    assert code == 130
    assert "backup #1 is left to itself." in err
    arguments = [asked.arguments for asked in stage.foreman.asked[1:]]
    assert arguments == ["", '{"force":true}']
    assert stage.foreman.store.run(1).state.is_live


def test_ctrl_c_before_anybody_answers_leaves_the_request(stage):
    stage.foreman.step = lambda: None
    stage.foreman.on_sleep = [interrupt]
    code, _, err = stage.call("run", "backup")
    assert code == 130
    assert "Nobody has seen to it yet" in err
    assert stage.foreman.store.request(1).done is None


def supervisor_of(folder):
    """The process that supervises the state below a folder; None if there is none."""
    wanted = [b"supervise", os.fsencode(f"{folder}/.jobrunner")]
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if all(word in each.read_bytes().split(b"\0") for word in wanted):
                return int(each.parent.name)
    return None


def test_a_run_is_followed_to_its_end_though_its_supervisor_is_killed(tmp_path):
    os.mkfifo(tmp_path / "go")
    (tmp_path / "jobs.toml").write_text('[jobs.a]\ncommand = "echo begun; cat go"\n')
    program = [sys.executable, "-P", "-m", "jobrunner", "-c", tmp_path / "jobs.toml", "run", "a"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        assert run.stdout.readline() == b"begun\n"
        os.kill(supervisor_of(tmp_path), signal.SIGKILL)
        (tmp_path / "go").write_text("done\n")
        assert (run.stdout.read(), run.wait(60)) == (b"done\n", 0)
