"""What commands show, compared with files: wide and narrow, in colour, in ASCII.

`python -m pytest -n0 tests/cli --renew` writes them anew; read what has changed.
"""

import io
import re
import sys
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from jobrunner.cli.main import run
from tests.build import FakeClock
from tests.cli.pages import contexts
from tests.cli.scenery import scenery

NAME = "/srv/jobrunner-1"
FOLDER = Path(__file__).with_name("snapshots")
SHOWN = (
    "list",
    "list -v",
    "list --absolute --utc",
    "next",
    "next --within 7d --all report-daily",
    "show backup",
    "show report-daily -v",
    "why backup",
    "history",
    "history backup -n 5",
    "logs backup",
    "status",
    "validate -v",
    "tick --dry-run -vv --at 2026-11-21T02:30",
    "stats --since 30d",
    "gaps",
    "load",
    "lint",
    "notify list",
    "hosts",
    "token list",
)
# What these show is this machine's and this moment's, or comes by and by.
ELSEWHERE = {
    *("run", "doctor", "env", "repro", "locks", "plan"),
    *("import crontab", "import systemd", "import yacron", "config dump", "config history"),
}
UNSTEADY = (
    (re.compile(r"\d+(\.\d+)? KiB"), "SIZE"),
    (re.compile(r"\b0\.1\.0\.dev0\b"), "VERSION"),
)


@pytest.fixture(scope="module")
def folder():
    """A host that nothing here changes; its name is always as long, so that it is wrapped alike."""
    with TemporaryDirectory(prefix="jr-", dir="/tmp") as folder:
        scenery(folder)
        yield folder


@pytest.fixture
def host(folder, monkeypatch):
    monkeypatch.chdir(folder)
    for variable in ("NO_COLOR", "JOBRUNNER_CONFIG", "COLUMNS", "LC_ALL", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    monkeypatch.setenv("FORCE_TTY", "1")
    return folder


def shown(words, *, columns, encoding, color):
    """All that a command says, as a terminal of this kind would get it."""
    with pytest.MonkeyPatch.context() as patch:
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
        patch.setattr(sys, "stdout", stream)
        patch.setenv("JOBRUNNER_COLUMNS", str(columns))
        code = run(["-c", "jobs.toml", *words.split(), "--color", color], clock=FakeClock())
        text = stream.buffer.getvalue().decode(encoding)
    return text.replace("\x1b", "^[") + f"exit code {code}\n"


@pytest.mark.parametrize("words", SHOWN)
def test_a_command_shows_what_it_did(words, host, kept):
    parts = []
    for columns, encoding, color in product((80, 100), ("utf-8", "ascii"), ("never", "always")):
        name = f"{columns} columns, {encoding.upper()}, colour {color}"
        text = shown(words, columns=columns, encoding=encoding, color=color)
        parts.append(f"=== {name}\n{text}")
        assert color == "always" or "^[[3" not in text
    whole = "\n".join(parts).replace(host, NAME)
    for unsteady, word in UNSTEADY:
        whole = unsteady.sub(word, whole)
    kept(FOLDER / f"{words.replace(' ', '_').replace(':', '.')}.txt", whole)


def test_every_command_that_shows_is_looked_at():
    showing = {
        " ".join(path)
        for path, inner in contexts()
        if any("--json" in parameter.opts for parameter in inner.command.params)
    }
    looked_at = {name for name in showing for words in SHOWN if f"{words} ".startswith(f"{name} ")}
    assert showing - looked_at == ELSEWHERE


def test_there_is_no_snapshot_of_what_is_not_shown():
    names = {f"{words.replace(' ', '_').replace(':', '.')}.txt" for words in SHOWN}
    assert {path.name for path in FOLDER.iterdir()} == names
