"""How answers look."""

import io
import subprocess
import sys

import pytest

from jobrunner.cli.output import wants_color

TERMINAL = io.StringIO()
TERMINAL.isatty = lambda: True


@pytest.mark.parametrize(
    ("stream", "choice", "environ", "wanted"),
    [
        (TERMINAL, "auto", {}, True),
        (TERMINAL, "auto", {"TERM": "dumb"}, False),
        (TERMINAL, "auto", {"NO_COLOR": "1"}, False),
        (TERMINAL, "never", {"FORCE_COLOR": "1"}, False),
        (io.StringIO(), "auto", {}, False),
        (io.StringIO(), "auto", {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), "auto", {"CLICOLOR_FORCE": "1"}, True),
        (io.StringIO(), "auto", {"CLICOLOR_FORCE": "0"}, False),
        (io.StringIO(), "always", {"NO_COLOR": "1"}, True),
    ],
)
def test_colour_follows_the_option_then_the_variables_then_the_terminal(
    stream, choice, environ, wanted
):
    assert wants_color(stream, choice, environ) is wanted


def test_letters_stand_in_for_a_sign_that_cannot_be_shown(call, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "jobrunner", "validate", f"{tmp_path}/jobs.toml"],
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "ascii", "TZ": "UTC"},
    )
    assert done.stdout == f"ok {tmp_path}/jobs.toml: 3 jobs, valid.\n".encode()
