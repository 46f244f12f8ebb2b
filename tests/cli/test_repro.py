"""`jobrunner repro`: runs of a real supervisor, done again by a real shell."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from jobrunner.cli.caller import asker
from jobrunner.engine.actions.roof import whereabouts
from jobrunner.engine.definition import define
from jobrunner.engine.load import load
from jobrunner.engine.ticker import Host
from jobrunner.model.run import State, Trigger
from jobrunner.store.value import Launch, NewRun
from tests.cli.past import ledger
from tests.engine.report.ledger import MINUTE, NOON, ended, queued

SHOW = """\
pwd; umask; ulimit -n; env; cat
"""
JOBS = f"""\
[jobs.show]
command = '''{SHOW}'''
cwd = "work"
umask = "027"
limits.open_files = 77
stdin = "it's $HOME"
env = {{ TEXT = 'a "b" $c', TOKEN = "hush", FROM_FILE = "no, from here" }}
env_file = ["a.env", "?nowhere.env"]
params = {{ what = {{ default = "all" }} }}

[jobs.list]
command = ["printf", "%s|", "{{slot:%F}}", "it's", "a b"]

[jobs.call]
http = {{ url = "http://localhost:1/" }}
"""
NOWHERE = Host(root="/nowhere", user="deploy", home="/home/deploy")


@pytest.fixture
def called(call, tmp_path, monkeypatch):
    (tmp_path / "jobs.toml").write_text(JOBS)
    (tmp_path / "a.env").write_text(
        "FROM_FILE=x\nOTHER='in quotes'\n# PASSWORD=no\nDB_PASSWORD=hushhush\n"
    )
    (tmp_path / "work").mkdir()
    monkeypatch.setattr("jobrunner.cli.repro.this_host", lambda: NOWHERE)
    return call


def ran(name, params=""):
    """A run of this job as it is declared now, started and over."""
    definition = define(load("jobs.toml", asker()).jobs[name])
    with ledger() as store:
        store.remember({definition.fingerprint: definition.text}, NOON)
        new = NewRun(
            job=name,
            trigger=Trigger.MANUAL,
            slot_of=NOON,
            params=params,
            definition=definition.fingerprint,
        )
        run = store.add(new, owner="me", host="web-1", now=NOON)
        launch = Launch(run=run.id, definition=definition.fingerprint)
        (run,) = store.start([launch], owner="me", host="web-1", now=NOON)
        ended(store, run, State.FAILED, NOON + MINUTE, exit_code=1)
        return run.id


def pasted(line, shell="/bin/sh", **environ):
    env = {"PATH": os.environ["PATH"], "FOREIGN": "x", **environ}
    done = subprocess.run([shell, "-c", line], env=env, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("shell", ["/bin/sh", "bash"])
def test_what_is_pasted_does_what_the_run_did(called, tmp_path, shell):
    if not shutil.which(shell):
        pytest.skip(f"NOT TESTED: pasting into {shell}, which is not here")
    line = called("repro", str(ran("show", '{"what": "new"}')))[1]
    told = pasted(line, shutil.which(shell), TOKEN="hush").splitlines()
    assert told[:3] == [f"{tmp_path}/work", "0027", "77"]
    assert {'TEXT=a "b" $c', "TOKEN=hush", "FROM_FILE=no, from here", "OTHER=in quotes"} <= {*told}
    assert {"JOBRUNNER_PARAM_WHAT=new", "JOBRUNNER_RUN_ID=1", "DB_PASSWORD=hushhush"} <= {*told}
    assert told[-1] == "it's $HOME"
    own = ("FOREIGN=", "JOBRUNNER_MARK=", "TRACEPARENT=")
    assert not any(each.startswith(own) for each in told)


def test_elements_of_a_list_stay_elements(called):
    line = called("repro", str(ran("list")))[1]
    assert pasted(line) == "2026-11-20|it's|a b|"


def test_no_secret_is_in_the_line_and_where_it_has_to_be_is_told(called):
    _, out, complaint = called("repro", str(ran("show")))
    assert "hush" not in out
    assert complaint == "# TOKEN: the line takes the value from the shell that runs it\n"


def test_a_job_that_changed_is_repeated_as_it_was(called, tmp_path):
    number = ran("list")
    (tmp_path / "jobs.toml").write_text(JOBS.replace('"a b"]', '"other"]'))
    _, out, complaint = called("repro", str(number))
    assert pasted(out) == "2026-11-20|it's|a b|"
    assert complaint.startswith("# list has changed since: this is version ")


def test_a_job_that_is_no_more_is_repeated_without_its_secrets(called, tmp_path):
    number = ran("show")
    (tmp_path / "jobs.toml").write_text('[jobs.a]\ncommand = "true"\n')
    code, out, complaint = called("repro", str(number))
    assert (code, "TOKEN" in out) == (0, False)
    assert "# TOKEN: set then, not now; its value is nowhere. Set it yourself\n" in complaint


def test_a_file_that_a_shell_reads_otherwise_is_told(called, tmp_path):
    (tmp_path / "a.env").write_text("X=a b $HOME\n")
    complaint = called("repro", str(ran("show")))[2]
    assert f"# a shell reads {tmp_path}/a.env in its own way" in complaint


def test_what_was_never_tried_cannot_be_repeated(called):
    with ledger() as store:
        queued(store, "list")
    code, _, complaint = called("repro", "1")
    assert (code, complaint) == (6, "Error: list #1 was queued. Nothing was executed.\n")


def test_what_no_shell_can_be_told_is_said(called):
    code, out, complaint = called("repro", str(ran("call")))
    assert (code, out) == (1, "")
    assert "# no shell can be told what call does: jobrunner repro 1 --run\n" in complaint


def test_json_is_one_object(called):
    found = json.loads(called("repro", str(ran("list")), "--json")[1])
    assert (found["job"], found["attempt"], found["is_current"]) == ("list", 1, True)
    assert found["line"].startswith("env -i ")


def run_again(tmp_path, number, **environ):
    program = [sys.executable, "-P", "-m", "jobrunner", "-c", tmp_path / "jobs.toml"]
    return subprocess.run(
        [*program, "repro", str(number), "--run"],
        env={**os.environ, "FOREIGN": "x", **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_with_run_it_is_done_here_with_every_value_and_not_recorded(called, tmp_path):
    done = run_again(tmp_path, ran("show"))
    told = done.stdout.splitlines()
    assert done.stderr == "# show #1 once more, here; it is not recorded.\n"
    assert told[:3] == [f"{tmp_path}/work", "0027", "77"]
    assert {"TOKEN=hush", "OTHER=in quotes", "JOBRUNNER_RESULT=/dev/null"} <= {*told}
    assert not any(each.startswith("FOREIGN=") for each in told)
    with ledger() as store:
        assert store.run(2) is None


@pytest.mark.parametrize(("command", "code"), [('"exit 7"', 7), ('["no-such-program"]', 127)])
def test_with_run_the_code_is_the_jobs(called, tmp_path, command, code):
    (tmp_path / "jobs.toml").write_text(f"[jobs.list]\ncommand = {command}\n")
    assert run_again(tmp_path, ran("list")).returncode == code


def test_with_run_a_signal_ends_it_as_it_ends_the_job(called, tmp_path):
    (tmp_path / "jobs.toml").write_text('[jobs.list]\ncommand = "kill -TERM $$"\n')
    assert run_again(tmp_path, ran("list")).returncode == -15


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: jobs of other users, for want of root")
def test_another_user_is_become_by_line_and_by_run(called, tmp_path):
    keys = '[jobs.list]\ncommand = "id -un; id -Gn"\nuser = "nobody"\ncwd = "/"\n'
    (tmp_path / "jobs.toml").write_text(keys)
    number = ran("list")
    told = subprocess.run(
        ["id", "-Gn", "nobody"], capture_output=True, text=True, check=True
    ).stdout
    assert pasted(called("repro", str(number))[1]) == f"nobody\n{told}"
    assert run_again(tmp_path, number).stdout == f"nobody\n{told}"


@pytest.mark.parametrize("words", [(), ("--run",), ("--json",)])
@pytest.mark.skipif(
    os.geteuid() != 0, reason="NOT TESTED: folders of other groups, for want of root"
)
def test_what_only_a_ledger_tells_that_others_write_is_not_executed(called, tmp_path, words):
    number = ran("list")
    (tmp_path / "jobs.toml").write_text(JOBS.replace('"a b"]', '"other"]'))
    shutil.chown(whereabouts("jobs.toml", asker()).ledger, group="nogroup")
    code, out, complaint = called("repro", str(number), *words)
    assert (code, out) == (4, "")
    assert 'ledger.db is writable by group "nogroup", and what it says would run' in complaint
