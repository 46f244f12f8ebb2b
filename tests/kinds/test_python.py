"""A function or class of the user's is called, and what it returns or raises is a result."""

import ast
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from jobrunner.errors import UnusableError
from jobrunner.kinds.kind import prepare
from tests.build import make_job
from tests.kinds.stage import make_facts, make_setting

MODULE = """
import asyncio, os, sys
from collections import namedtuple
from dataclasses import dataclass
from pathlib import Path

def plain(**args):
    print("called with", args)
    return {"success": True, "message": "done", "data": {"rows": 3}}

async def slowly(day):
    await asyncio.sleep(0)
    return {"message": day}

class Work:
    def execute(self, day="none"):
        return {"success": False, "message": f"nothing for {day}"}

class Slow:
    async def execute(self):
        return {"data": [1, 2]}

class Outer:
    class Inner:
        @staticmethod
        def go():
            return "inside"

class Idle:
    pass

def broken():
    raise ValueError("no rows")

def leaves():
    sys.exit(7)

def folder():
    return {"message": os.getcwd(), "data": sys.path[0], "metrics": {"n": 1}, "next_in": "2h"}

def reads():
    return sys.stdin.read()

def big():
    return {"message": "big", "data": "x" * 1_000_000}

def odd():
    return {"data": {"path": Path("/x")}}

def nothing():
    pass

def no():
    return False

@dataclass
class Result:
    success: bool
    message: str
    data: dict

def instance():
    return Result(False, "no rows", {"rows": 0})

def tuple_():
    return namedtuple("Pair", "success message")(True, "ok")

def rows():
    return {"rows": 3, "message": "ok"}
"""


@pytest.fixture
def called(tmp_path):
    """Run a job for real: its exit code, its result, its output, its complaints."""
    (tmp_path / "work.py").write_text(MODULE)
    # What an attempt finds beside itself must not be taken for what it means.
    (tmp_path / "uuid.py").write_text("raise RuntimeError('the wrong uuid')")

    def called(target, interpreter="", **args):
        result = tmp_path / "result.json"
        result.write_text("")
        job = make_job(
            command=None, python=target, args=args, cwd=str(tmp_path), interpreter=interpreter
        )
        task = prepare(make_setting(job, result_path=str(result)))
        env = {**task.env, "HOME": str(tmp_path)}
        done = subprocess.run(
            task.argv, cwd=task.cwd, env=env, input=task.stdin, capture_output=True, check=False
        )
        text = result.read_text()
        return done.returncode, json.loads(text) if text else {}, done.stdout, done.stderr

    return called


@pytest.mark.parametrize(
    ("target", "code", "result"),
    [
        ("plain", 0, {"success": True, "message": "done", "data": {"rows": 3}}),
        ("Work", 1, {"success": False, "message": "nothing for none"}),
        ("Slow", 0, {"data": [1, 2]}),
        ("Outer.Inner.go", 0, {"message": "inside"}),
        ("nothing", 0, {}),
        ("no", 1, {"success": False}),
        ("instance", 1, {"success": False, "message": "no rows", "data": {"rows": 0}}),
        ("tuple_", 0, {"success": True, "message": "ok"}),
        ("rows", 0, {"message": "ok", "data": {"rows": 3}}),
        ("reads", 0, {"message": ""}),
        ("odd", 0, {"data": {"path": "/x"}}),
        ("big", 0, {"message": "big"}),
        ("leaves", 7, {}),
    ],
)
def test_what_is_returned_is_the_result(called, target, code, result):
    assert called(f"work:{target}")[:2] == (code, result)


def test_arguments_are_filled_and_keep_their_types(called):
    _, _, told, _ = called("work:plain", day="{slot-1d:%Y-%m-%d}", n=3, deep=[{"x": True}])
    assert told == b"called with {'day': '2026-11-19', 'n': 3, 'deep': [{'x': True}]}\n"


def test_a_coroutine_function_is_awaited(called):
    assert called("work:slowly", day="monday")[1] == {"message": "monday"}


def test_an_exception_is_the_error_with_its_traceback(called):
    code, result, _, complaint = called("work:broken")
    assert (code, result["success"], result["error"]) == (1, False, "ValueError")
    assert result["message"] == "ValueError: no rows"
    assert complaint.decode() == result["data"]["traceback"]
    assert "call.py" not in complaint.decode()


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("missing:x", "ModuleNotFoundError: No module named 'missing'"),
        ("work:missing", "AttributeError: module 'work' has no attribute 'missing'"),
        ("work:Idle", "TypeError: Idle has no method execute()"),
    ],
)
def test_what_is_not_there_is_told(called, target, message):
    code, result, _, _ = called(target)
    assert (code, result["message"]) == (1, message)


def test_modules_are_found_in_the_folder_that_the_job_works_in(called, tmp_path):
    _, result, _, _ = called("work:folder")
    assert result == {"message": str(tmp_path), "data": "", "metrics": {"n": 1}, "next_in": "2h"}


def test_another_interpreter_needs_nothing_of_ours(called, tmp_path):
    venv.create(tmp_path / "venv", with_pip=False)
    (tmp_path / "work.py").write_text(
        "import sys\n"
        "def where():\n"
        "    try:\n"
        "        import jobrunner\n"
        "    except ImportError:\n"
        "        return sys.prefix\n"
    )
    _, result, _, _ = called("work:where", interpreter=str(tmp_path / "venv/bin/python"))
    assert result == {"message": str(tmp_path / "venv")}


def test_nothing_of_a_call_is_in_its_arguments(tmp_path):
    job = make_job(command=None, python="work:x", args={"password": "hunter22"}, cwd="/")
    task = prepare(make_setting(job))
    assert task.argv[0] == sys.executable
    assert "hunter22" not in " ".join(task.argv)


def test_a_parameter_that_the_job_does_not_take_is_refused():
    job = make_job(command=None, python="work:x", cwd="/")
    with pytest.raises(UnusableError, match="it declares no params"):
        prepare(make_setting(job, facts=make_facts(params={"x": "1"})))


def test_a_terminated_call_runs_its_finally_blocks(tmp_path):
    (tmp_path / "work.py").write_text(
        "import os, signal\n"
        "def stubborn():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "        signal.pause()\n"
        "    finally:\n"
        "        print('cleaned')\n"
    )
    task = prepare(make_setting(make_job(command=None, python="work:stubborn", cwd=str(tmp_path))))
    done = subprocess.run(
        task.argv, cwd=tmp_path, env=os.environ, input=task.stdin, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (143, b"cleaned\n")


def test_the_program_that_calls_runs_on_an_old_python_with_its_library_alone():
    text = Path(prepare(make_setting(make_job(command=None, python="a:b"))).argv[2]).read_text()
    tree = ast.parse(text, feature_version=(3, 8))
    named = [node.names for node in ast.walk(tree) if isinstance(node, ast.Import)]
    assert {name.name for names in named for name in names} <= sys.stdlib_module_names
