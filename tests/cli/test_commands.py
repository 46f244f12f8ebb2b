"""What every command owes its reader; a new one fails here until it has all of it."""

import re
import shlex
from inspect import cleandoc
from pathlib import Path

import click
import pytest

from jobrunner.cli.option import Globals, global_options
from jobrunner.cli.overview import COMMANDS, GROUPS, TEXT
from tests.build import FakeClock
from tests.cli.pages import contexts, root

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
COMMANDS_PAGE = (DOCS / "commands.md").read_text()
PAGES = [DOCS.parent / "README.md", *sorted(DOCS.glob("*.md"))]
PATHS = {" ".join(path): inner for path, inner in contexts()}
EXAMPLE = re.compile(r"^Examples?:$(.*)", re.MULTILINE | re.DOTALL)
OPERATORS = frozenset({"|", ">", ">>", "<", "&&", ";", "||"})


def examples(command):
    """The calls of jobrunner in the examples of a command's help."""
    found = EXAMPLE.search(cleandoc(command.help)) if command.help else None
    lines = found[1].splitlines() if found else []
    return [call for line in lines if (call := called(line))]


def called(line):
    """The words behind "jobrunner" up to where the shell goes on with something else."""
    inner = re.search(r"[$<]\((jobrunner [^)]*)\)", line)
    lexer = shlex.shlex(inner[1] if inner else line, posix=True, punctuation_chars="|>;&<")
    lexer.whitespace_split = True
    words = list(lexer)
    if "jobrunner" not in words:
        return []
    words = words[words.index("jobrunner") + 1 :]
    end = next((n for n, word in enumerate(words) if word in OPERATORS), len(words))
    return words[:end]


def typed(page):
    """The calls that a page shows in its blocks for a shell, continued lines as one."""
    blocks = re.findall(r"^```(sh|console)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    lines = [
        line
        for kind, block in blocks
        for line in block.replace("\\\n", " ").splitlines()
        if "jobrunner" in line and (kind == "sh" or line.startswith("$ "))
    ]
    return [call for line in lines if (call := called(line))]


def parse(context, words):
    """Have click take the words for the command that they name; nothing is done."""
    context.obj = Globals(FakeClock())
    parser = context.command.make_parser(context)
    _, left, _ = parser.parse_args([*words])
    while isinstance(context.command, click.Group) and left:
        name, command, left = context.command.resolve_command(context, left)
        assert command is not None
        context = command.make_context(name, [*left], parent=context, obj=context.obj)
        left = context._protected_args + context.args if isinstance(command, click.Group) else []


@pytest.mark.parametrize("name", PATHS)
def test_its_help_has_an_example_that_is_right(name):
    found = examples(PATHS[name].command)
    assert any(call[: len(name.split())] == name.split() for call in found), found
    for call in found:
        parse(root(), call)


@pytest.mark.parametrize("name", PATHS)
def test_its_help_begins_with_a_sentence(name):
    first = PATHS[name].command.help.partition("\n\n")[0]
    assert re.fullmatch(r"[A-Z].*[.]", " ".join(first.split()))
    assert len(first) <= 100


@pytest.mark.parametrize("name", PATHS)
def test_every_option_says_what_it_does(name):
    options = [each for each in PATHS[name].command.params if isinstance(each, click.Option)]
    assert [each.name for each in options if not (each.help or each.show_default)] == []


@pytest.mark.parametrize("name", PATHS)
def test_it_takes_the_options_that_all_take(name):
    known = {option.name for option in click.command()(global_options(lambda: None)).params}
    assert known <= {each.name for each in PATHS[name].command.params}


@pytest.mark.parametrize("name", PATHS)
def test_json_and_fields_and_short_options_mean_what_they_mean_elsewhere(name):
    meanings = {
        "-c": "config",
        "-n": "limit",
        "-v": "verbose",
        "-q": "quiet",
        "-y": "yes",
        "-f": "is_live",
        "-p": "params",
        "--json": ("as_json", "shape"),
        "--fields": "fields",
    }
    for parameter in PATHS[name].command.params:
        for option in {*parameter.opts} & {*meanings}:
            assert parameter.name in meanings[option] or parameter.name == meanings[option]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_call_in_the_docs_can_be_made(page):
    for call in typed(page.read_text()):
        parse(root(), call)


def test_the_docs_have_a_section_for_each_in_the_order_of_the_overview():
    assert tuple(re.findall(r"^## jobrunner (.+)$", COMMANDS_PAGE, re.MULTILINE)) == COMMANDS


@pytest.mark.parametrize("name", [name for name in PATHS if " " in name])
def test_a_command_within_another_is_in_the_docs(name):
    assert any(f"jobrunner {name}" in page.read_text() for page in DOCS.glob("*.md"))


@pytest.mark.parametrize("name", COMMANDS)
def test_it_has_a_place_in_the_overview(name):
    assert re.search(rf"^(?:\w+:)? .*\b{name}\b", TEXT, re.MULTILINE) or name == "help"
    assert sum(name in names for names in GROUPS.values()) == (name != "help")


@pytest.mark.parametrize("name", COMMANDS)
def test_it_has_tests_of_its_own(name):
    own = HERE / f"test_{name}.py"
    purposes = (page.read_text().partition("\n")[0] for page in HERE.glob("test_*.py"))
    assert own.exists() or any(f"`{name}`" in purpose for purpose in purposes)
