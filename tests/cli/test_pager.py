"""Long answers go to a pager on a terminal: a real one, behind a pty."""

import os
import pty
import subprocess
import sys

import pytest

from jobrunner.cli import pager
from tests.cli.nights import SLOT, three_nights
from tests.store.life import MINUTE

LINES = b"".join(b"line %d\n" % number for number in range(200))


@pytest.mark.parametrize(
    ("environ", "command"),
    [
        ({"PAGER": "sh -c 'x y'"}, ["sh", "-c", "x y"]),
        ({"PAGER": "cat"}, []),
        ({"PAGER": ""}, []),
        ({"PAGER": "no-such-pager"}, []),
        ({"PAGER": "sh 'x"}, []),
        ({"PAGER": "sh", "TERM": "dumb"}, []),
        ({"JOBRUNNER_PAGER": "cat", "PAGER": "sh"}, []),
        ({"JOBRUNNER_PAGER": "sh", "PAGER": "cat"}, ["sh"]),
    ],
)
def test_the_variables_name_the_pager(environ, command):
    assert pager.pager(environ) == command


def seen(folder, *arguments, pager="sed s/^/paged:/"):
    """What a terminal of 24 lines shows of a command, and the command's exit code."""
    environ = os.environ | {"PAGER": pager, "TERM": "xterm", "TZ": "UTC", "NO_COLOR": "1"}
    line = [sys.executable, "-m", "jobrunner", "-c", "jobs.toml", *arguments]
    terminal, inside = pty.openpty()
    with subprocess.Popen(line, cwd=folder, env=environ, stdin=inside, stdout=inside) as process:
        os.close(inside)
        shown = b""
        while piece := _read(terminal):
            shown += piece
    os.close(terminal)
    return process.returncode, shown.decode().replace("\r\n", "\n")


def _read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side is gone
        return b""


def test_what_does_not_fit_on_the_screen_is_paged(tmp_path):
    three_nights(tmp_path).ran(SLOT + MINUTE, wrote=LINES)
    code, shown = seen(tmp_path, "logs", "backup")
    assert code == 0
    assert shown.startswith("paged:backup #4  ")
    assert shown.count("paged:line ") == 200
    assert "1.7 KiB kept of 1.7 KiB; raw: --raw)\n" in shown


def test_what_fits_is_not(tmp_path):
    three_nights(tmp_path)
    code, shown = seen(tmp_path, "logs", "backup~1")
    assert (code, "paged:" in shown) == (0, False)
    assert "\nwell\n" in shown


def test_who_wants_no_pager_has_none(tmp_path):
    three_nights(tmp_path).ran(SLOT + MINUTE, wrote=LINES)
    _, shown = seen(tmp_path, "logs", "backup", "--no-pager")
    assert "paged:" not in shown
    assert shown.count("line ") == 200


def test_a_whole_history_is_paged_as_the_same_table(tmp_path):
    past = three_nights(tmp_path)
    for minute in range(1, 30):
        past.ran(SLOT + minute * MINUTE)
    code, shown = seen(tmp_path, "history", "--all")
    assert code == 0
    assert shown.startswith("paged:   RUN")
    assert "paged: ✓ #32" in shown
    assert "paged:32 of 32. Filters:" in shown


def test_a_pager_that_is_left_early_is_no_error(tmp_path):
    three_nights(tmp_path).ran(SLOT + MINUTE, wrote=LINES * 1000)
    code, shown = seen(tmp_path, "logs", "backup", pager="head -n 1")
    assert (code, shown.count("\n")) == (0, 1)
