"""How answers look."""

import io
import subprocess
import sys

import pytest

from jobrunner.cli.output import encoding, wants_color

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


class Terminal(io.StringIO):
    """A terminal as Python sees it in the C locale."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, "utf-8"),
        ({"LANG": "C"}, "ascii"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "ascii"),  # which Python has set itself
        ({"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, "utf-8"),
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, "ascii"),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, "utf-8"),
    ],
)
def test_a_terminal_in_the_c_locale_shows_ascii_alone(environ, found, monkeypatch):
    monkeypatch.setattr("os.environ", environ)
    assert encoding(Terminal()) == found


def test_letters_stand_in_for_a_sign_that_cannot_be_shown(call, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "jobrunner", "validate", f"{tmp_path}/jobs.toml"],
        capture_output=True,
        check=True,
        env={"PYTHONIOENCODING": "ascii", "TZ": "UTC"},
    )
    assert done.stdout == f"ok {tmp_path}/jobs.toml: 3 jobs, valid.\n".encode()
