"""`jobrunner completion`, in real shells."""

import os
import pty
import re
import select
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from jobrunner.cli.completion import FOLDER, SHELLS
from jobrunner.engine.actions.completion import Place, place

JOBS = '[jobs.backup]\ncommand = "true"\ntags = ["db"]\n[jobs.build]\ncommand = "true"\n'
PATIENCE = 30  # seconds


@pytest.fixture
def environ(tmp_path):
    """A user with a jobs.toml and the program on PATH."""
    (tmp_path / "jobs.toml").write_text(JOBS)
    (tmp_path / "a folder").mkdir()
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    own = {"HOME": str(tmp_path), "PATH": programs, "JOBRUNNER_CONFIG": f"{tmp_path}/jobs.toml"}
    return own | {"TERM": "dumb", "LC_ALL": "C.UTF-8", "PS1": "ready> "}


@contextmanager
def typing(command, environ, cwd):
    """An interactive shell; call what is given with keys and what they have to lead to."""
    mine, theirs = pty.openpty()
    process = subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environ,
        cwd=cwd,
        start_new_session=True,
    )
    os.close(theirs)

    def typed(keys, expected):
        os.write(mine, keys.encode())
        seen = ""
        while expected not in re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]|[\r\x07]|.\x08", "", seen):
            ready, _, _ = select.select([mine], [], [], PATIENCE)
            assert ready, f"{keys!r} led to {seen!r}"
            seen += os.read(mine, 4096).decode(errors="replace")

    try:
        yield typed
    finally:
        process.kill()
        process.wait()
        os.close(mine)


def in_bash(line, environ, program, cwd):
    """What bash would offer for the last word of the line."""
    words = [*re.split(r" |(?<=[^ ])(?==)|(?<==)(?=[^ ])", line)]
    script = (
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ));'
        '_jobrunner jobrunner; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return lines_of(
        [program("bash", "bash"), "--norc", "-c", script, "-", FOLDER / "bash", *words],
        environ,
        cwd,
    )


def in_fish(line, environ, program, cwd):
    script = f"source {FOLDER}/fish; complete -C '{line}'"
    found = lines_of([program("fish", "fish"), "--no-config", "-c", script], environ, cwd)
    return [line.partition("\t")[0] for line in found]


def lines_of(command, environ, cwd):
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ, cwd=cwd)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("jobrunner vali", ["validate"]),
        ("jobrunner show ba", ["backup"]),
        ("jobrunner list --sort na", ["name"]),
        ("jobrunner list --tag ", ["db"]),
        ("jobrunner list --fields name,tag", ["name,tags"]),
    ],
)
@pytest.mark.parametrize("shell", [in_bash, in_fish])
def test_words_are_offered(shell, line, found, environ, program):
    assert shell(line, environ, program, environ["HOME"]) == found


def test_fish_completes_what_stands_behind_the_sign(environ, program, tmp_path):
    assert in_fish("jobrunner list --sort=na", environ, program, tmp_path) == ["--sort=name"]
    assert in_bash("jobrunner list --sort=na", environ, program, tmp_path) == ["name"]


def test_fish_looks_for_files_where_one_is_wanted(environ, program, tmp_path):
    found = in_fish("jobrunner -c jobs", environ, program, tmp_path)
    assert found == ["jobs.toml"]
    found = in_fish("jobrunner add x --cwd a", environ, program, tmp_path)
    assert found == ["a folder/"]


def test_who_types_in_bash_is_helped(environ, program, tmp_path):
    with typing([program("bash", "bash"), "--norc", "-i"], environ, tmp_path) as typed:
        typed(f"source {FOLDER}/bash\n", "ready> ")
        typed("jobrunner val\t", "validate ")
        typed("-c jo\t", "jobs.toml")
        typed("\x15jobrunner list --sort=na\t", "--sort=name")
        typed("\x15jobrunner show bu\t", "show build")


def test_who_types_in_zsh_is_helped(environ, program, tmp_path):
    shell = [program("zsh", "zsh"), "-f", "-i"]
    with typing(shell, environ, tmp_path) as typed:
        typed("PS1='ready> '; unsetopt zle_bracketed_paste\n", "ready> ")
        typed(f"autoload -U compinit; compinit -u -D; source {FOLDER}/zsh; echo o''k\n", "ok")
        typed("jobrunner val\t", "validate")
        typed("-c jo\t", "jobs.toml")
        typed("\x15jobrunner list --sort=na\t", "--sort=name")
        typed("\x15jobrunner show bu\t", "show build")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_what_the_shell_takes_for_one(shell, program, environ, tmp_path):
    path = program(shell, shell)
    subprocess.run([path, "-n", FOLDER / shell], check=True, env=environ, cwd=tmp_path)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_goes_to_standard_output(call, shell):
    assert call("completion", shell) == (0, (FOLDER / shell).read_text(), "")


def test_the_shell_is_the_users_if_none_is_named(call):
    assert call("completion", SHELL="/usr/bin/fish")[1] == (FOLDER / "fish").read_text()
    code, out, complaint = call("completion", SHELL="/bin/sh")
    assert (code, out) == (2, "")
    assert "name the shell: bash, zsh, fish" in complaint


@pytest.mark.parametrize(
    ("shell", "environ", "uid", "path"),
    [
        ("fish", {"HOME": "/h"}, 1000, "/h/.config/fish/completions/jobrunner.fish"),
        ("fish", {"HOME": "/h", "XDG_CONFIG_HOME": "/c"}, 0, "/c/fish/completions/jobrunner.fish"),
        ("bash", {"HOME": "/h"}, 0, "/h/.local/share/bash-completion/completions/jobrunner"),
        (
            "bash",
            {"HOME": "/h", "XDG_DATA_HOME": "/d"},
            7,
            "/d/bash-completion/completions/jobrunner",
        ),
        ("bash", {"HOME": "/h", "BASH_COMPLETION_USER_DIR": "/b"}, 7, "/b/completions/jobrunner"),
        ("zsh", {"HOME": "/h"}, 0, "/usr/local/share/zsh/site-functions/_jobrunner"),
        ("zsh", {"HOME": "/h"}, 7, "/h/.local/share/zsh/site-functions/_jobrunner"),
    ],
)
def test_each_shell_looks_somewhere_else(shell, environ, uid, path):
    assert str(place(shell, environ, uid).path) == path


def test_what_zsh_does_not_look_at_unasked_is_told():
    needs = place("zsh", {"HOME": "/h"}, 7).needs
    assert needs == "~/.zshrc, before compinit: fpath=(/h/.local/share/zsh/site-functions $fpath)"
    assert place("fish", {"HOME": "/h"}, 7) == Place(
        Path("/h/.config/fish/completions/jobrunner.fish")
    )


def test_installing_says_where_and_twice_is_once(call, tmp_path):
    file = tmp_path / ".config/fish/completions/jobrunner.fish"
    code, out, _ = call("completion", "fish", "--install", HOME=str(tmp_path), XDG_CONFIG_HOME="")
    assert (code, out) == (0, f"Wrote {file}\n  it counts in the next fish\n")
    assert file.read_text() == (FOLDER / "fish").read_text()
    assert call("completion", "fish", "--install")[1].startswith(f"It is there: {file}\n")


def test_fish_finds_what_was_installed(call, tmp_path, program, environ):
    call("completion", "fish", "--install", HOME=str(tmp_path), XDG_CONFIG_HOME="")
    script = "complete -C 'jobrunner vali'"
    found = lines_of([program("fish", "fish"), "-c", script], environ, tmp_path)
    assert found[0].startswith("validate")


def test_a_place_that_cannot_be_written_is_named(call, tmp_path):
    (tmp_path / ".config").write_text("no folder")
    code, out, complaint = call(
        "completion", "fish", "--install", HOME=str(tmp_path), XDG_CONFIG_HOME=""
    )
    assert (code, out) == (1, "")
    assert f"{tmp_path}/.config/fish/completions/jobrunner.fish cannot be written" in complaint
