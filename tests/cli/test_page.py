"""Help that is there before click is: it says what click would."""

import subprocess
import sys
from pathlib import Path

import pytest

from jobrunner import __version__
from jobrunner.cli.overview import TEXT
from jobrunner.cli.page import FOLDER, asked, read
from tests.cli.pages import pages, words

PAGES = pages()
WORDS = words()
PROGRAM = Path(__file__).parents[2] / "src/jobrunner/program"
RENEW = "renew it: python -m pytest -n0 tests/cli --renew"
LOADED = """
import sys
program = sys.argv.pop(1)
exec(compile(open(program).read(), program, "exec"))
print(*(name for name in sys.modules if name.partition(".")[0] in {"click", "re", "jobrunner"}))
"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_click_says(kept, name):
    kept(Path(FOLDER, name), PAGES[name])


@pytest.mark.parametrize("name", WORDS)
def test_what_follows_a_command_is_what_click_takes(kept, name):
    kept(Path(FOLDER, name), WORDS[name])


def test_there_is_no_page_without_a_command(request):
    left = {path for path in Path(FOLDER).iterdir() if path.name not in PAGES | WORDS}
    if request.config.getoption("renew"):
        for path in left:
            path.unlink()
    assert not {path for path in left if path.exists()}, RENEW


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_shown_on_every_terminal(name):
    assert PAGES[name].isascii()
    assert max(map(len, PAGES[name].splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "page"),
    [
        ("list --help", "list.txt"),
        ("list -h", "list.txt"),
        ("help list", "list.txt"),
        ("help help", "help.txt"),
        ("help -h", "help.txt"),
        ("db backup --help", "db.backup.txt"),
        ("help db backup", "db.backup.txt"),
    ],
)
def test_a_page_is_asked_for_as_people_do(arguments, page):
    assert asked(arguments.split(), {"COLUMNS": "80"}) == PAGES[page].rstrip("\n")


@pytest.mark.parametrize("arguments", ["", "-h", "--help", "help"])
def test_the_program_alone_is_asked_for_too(arguments):
    assert asked(arguments.split(), {}) == TEXT


def test_the_version_is_there_at_once():
    assert asked(["--version"], {}) == f"jobrunner {__version__}"


@pytest.mark.parametrize(
    "arguments",
    [
        *("lst --help", "help lst", "help E110", "-c x list --help", "list --json --help"),
        *("run list --help", "exec --name a -- tar --help", "help ../pages/list", "help topics"),
    ],
)
def test_what_has_no_page_is_left_to_click(arguments):
    assert asked(arguments.split(), {"COLUMNS": "80"}) is None


def test_a_narrow_terminal_is_left_to_click():
    assert asked(["help", "list"], {"COLUMNS": "79"}) is None
    assert read(["list"])


@pytest.mark.parametrize("words", ["list --help", "help db backup", "--version", "tick -h", ""])
def test_nothing_else_is_loaded_for_a_page(words):
    done = subprocess.run(
        [sys.executable, "-c", LOADED, PROGRAM, *words.split()],
        capture_output=True,
        text=True,
        check=True,
    )
    ours = {"jobrunner", *(f"jobrunner.{name}" for name in ("__main__", "cli", "cli.overview"))}
    assert set(done.stdout.splitlines()[-1].split()) == {*ours, "jobrunner.cli.page"}


def test_a_page_that_nobody_takes_is_no_bug():
    line = f"{sys.executable} {PROGRAM} list --help > /dev/full"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: the answer cannot be written")
