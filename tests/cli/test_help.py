"""`jobrunner help`: commands, codes, guides, manual pages."""

import re
import subprocess
from pathlib import Path

import pytest

from jobrunner.cli.guide import guides
from jobrunner.cli.main import run
from jobrunner.cli.overview import COMMANDS
from jobrunner.cli.roff import of_markdown
from tests.cli.pages import contexts

NAMES = [guide.name for guide in guides()]
DOCS = Path(__file__).parents[2] / "docs"


def test_the_topics_are_the_pages_that_are_for_users(call):
    _, out, _ = call("help", "topics")
    told = [line.partition("\t")[0].removesuffix(".md") for line in out.splitlines()]
    assert told == sorted(path.stem for path in DOCS.glob("*.md") if path.stem != "contributing")
    assert {"exit-codes", "json", "states", "environment", "schedules"} <= set(told)


def test_each_topic_has_a_title(call):
    _, out, _ = call("help", "topics", FORCE_TTY="1")
    assert re.search(r"^ cron +Cron expressions$", out, re.MULTILINE)
    assert "jobrunner help cron" in out


@pytest.mark.parametrize("name", NAMES)
def test_a_guide_is_laid_out_for_the_terminal(call, name):
    code, out, _ = call("help", f"{name}.md", FORCE_TTY="1", JOBRUNNER_COLUMNS="80")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "```" not in out
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", out)


def test_a_link_to_another_guide_is_the_call_that_leads_there(call):
    _, out, _ = call("help", "moving", FORCE_TTY="1", COLUMNS="100", JOBRUNNER_PAGER="cat")
    told = " ".join(out.split())
    assert "are taken over by a command: jobrunner help import.md." in told
    assert ".md (" not in told
    assert "(#" not in told


def test_a_guide_is_in_a_pipe_as_it_is_written(call):
    assert call("help", "cron") == (0, (DOCS / "cron.md").read_text(), "")


def test_a_guide_that_is_called_like_a_command_has_its_ending(call):
    assert call("help", "tick")[1].startswith("Usage: jobrunner tick")
    assert call("help", "tick.md")[1].startswith("# The tick")
    assert "\ntick.md\t" in call("help", "topics")[1]


def test_no_colour_is_used_that_is_not_wanted(call):
    assert "\x1b" not in call("help", "cron", "--no-color", FORCE_TTY="1")[1].replace("\x1b[1m", "")
    assert "\x1b[" in call("help", "cron", FORCE_TTY="1", FORCE_COLOR="1")[1]


@pytest.mark.parametrize("topic", ["corn", "lst", "no-such-thing", "../README", "list all", "-"])
def test_what_there_is_not_is_refused(call, topic):
    code, out, complaint = call("help", *topic.split())
    assert (code, out) == (5, "")
    assert complaint.startswith(f'Error: no topic named "{topic}".')


def test_who_misspells_is_told_what_was_meant(call):
    assert 'Did you mean "cron"?' in call("help", "corn")[2]


@pytest.fixture(scope="module")
def manual(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man")
    assert run(["help", "--man", str(folder), "-q"]) == 0
    return folder


def test_there_is_a_manual_page_for_every_command_and_guide(manual):
    commands = {"-".join(("jobrunner", *names)) for names, _ in contexts()}
    found = {str(path.relative_to(manual)) for path in manual.glob("*/*")}
    assert found == {
        "man1/jobrunner.1",
        "man5/jobs.toml.5",
        *(f"man1/{name}.1" for name in commands),
        *(f"man7/jobrunner-{name}.7" for name in NAMES if name != "jobs-toml"),
    }


def test_groff_has_nothing_against_the_manual(manual, program):
    pages = sorted(manual.glob("*/*"))
    done = subprocess.run(
        [program("groff", "groff"), "-ww", "-man", "-Tutf8", "-z", *pages],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["jobrunner"], "jobrunner-list(1)"),
        (["jobrunner-list"], "jobrunner list --status failing"),
        (["jobrunner-db-backup"], "jobrunner db backup [OPTIONS] [FILE|FOLDER]"),
        (["5", "jobs.toml"], "max_parallel"),
        (["7", "jobrunner-cron"], "From Python"),
    ],
)
def test_man_shows_the_pages(manual, program, words, found):
    done = subprocess.run(
        [program("man", "man-db"), "--warnings", "-M", manual, *words],
        capture_output=True,
        text=True,
        check=True,
        env={"MANWIDTH": "100", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"},
    )
    assert found in done.stdout
    assert done.stderr == ""


def test_whoever_writes_the_manual_is_told_where(call, tmp_path):
    code, out, _ = call("help", "--man", f"{tmp_path}/man")
    assert code == 0
    assert re.match(rf"Wrote \d+ pages below {tmp_path}/man\n", out)


def test_a_folder_that_cannot_be_made_is_named(call, tmp_path):
    (tmp_path / "man").write_text("no folder")
    code, _, complaint = call("help", "--man", f"{tmp_path}/man")
    assert code == 1
    assert f"{tmp_path}/man cannot be written" in complaint


@pytest.mark.parametrize(
    ("text", "roff"),
    [
        ("# Title\n\nText.\n", ".PP\nText.\n"),
        ("a\nb\n\nc\n", ".PP\na b\n.PP\nc\n"),
        (".dot and 'quote'\n", ".PP\n\\&.dot and \\(aqquote\\(aq\n"),
        ("a `--b` *c* **d**\n", ".PP\na \\fB\\-\\-b\\fR \\fIc\\fR \\fBd\\fR\n"),
        ("[words](page.md)\n", ".PP\nwords\n"),
        ("- a\n  b\n- c\n", '.IP "\\(bu" 4\na b\n.IP "\\(bu" 4\nc\n'),
        ("1. a\n", '.IP "1." 4\na\n'),
        ("## Part\n", ".SH Part\n"),
        ("```sh\n.a \\ b\n\nc\n```\n", ".PP\n.RS 4\n.nf\n\\&.a \\e b\n\\&\nc\n.fi\n.RE\n"),
        ("| a | b |\n|---|---|\n| x \\| y | z |\n", ".TP\nx | y\nz\n"),
        ("| a | b | c |\n|---|---|---|\n| x | 1 | z |\n", ".TP\nx\nb: 1\n.br\nz\n"),
        ("✓\n", ".PP\n\\[u2713]\n"),
        ("", ""),
    ],
)
def test_markdown_becomes_what_groff_takes(text, roff):
    assert of_markdown(text) == roff


def test_every_command_is_in_the_program_s_page(manual):
    text = (manual / "man1/jobrunner.1").read_text()
    assert all(f"jobrunner\\-{name}\\fR(1)" in text for name in COMMANDS)
