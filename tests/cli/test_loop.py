"""`jobrunner loop` as its reader meets it."""

import json
import subprocess
import sys

from jobrunner.cli.main import run


def test_it_says_at_once_what_it_sees_to_and_how_to_end_it(call, tmp_path):
    line = [sys.executable, "-m", "jobrunner", "-c", f"{tmp_path}/jobs.toml", "loop"]
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as loop:
        first = loop.stderr.readline()
        loop.terminate()
    assert f" sees to 3 jobs of {tmp_path}/jobs.toml. Ctrl-C lets running jobs end first." in first


def test_a_log_of_objects_has_no_line_of_another_kind(tmp_path):
    path = tmp_path / "jobs.toml"
    path.write_text('[settings]\nlog_format = "json"\n[jobs.a]\ncommand = "true"\n')
    line = [sys.executable, "-m", "jobrunner", "-c", path, "loop"]
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as loop:
        said = [loop.stderr.readline()]
        loop.terminate()
        said += loop.stderr.readlines()
    assert {"prune"} <= {json.loads(line)["event"] for line in said}


def test_it_does_not_read_from_a_pipe_what_it_has_to_read_again(capsys):
    assert run(["-c", "-", "loop"]) == 3
    assert "cannot come from a pipe" in capsys.readouterr().err
