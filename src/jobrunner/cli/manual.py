"""The manual pages, made from the commands and the guides: man jobrunner-list, man 5 jobs.toml."""

from collections.abc import Iterator
from inspect import cleandoc
from itertools import groupby

import click

from jobrunner import __version__
from jobrunner.cli import guide, roff
from jobrunner.cli.overview import GROUPS

PROGRAM = "jobrunner"
FILE = "jobs.toml"
FILE_GUIDE = "jobs-toml"
MANUAL = "jobrunner"
VERBATIM = "\b"
Page = tuple[str, str]


def pages(root: click.Context) -> Iterator[Page]:
    """Each page by the path of its file in a folder of manuals."""
    yield f"man1/{PROGRAM}.1", _program(root)
    yield from _commands(root)
    for each in guide.guides():
        if each.name == FILE_GUIDE:
            yield f"man5/{FILE}.5", _guide(each, FILE, 5)
        else:
            name = f"{PROGRAM}-{each.name}"
            yield f"man7/{name}.7", _guide(each, name, 7)


def _commands(outer: click.Context) -> Iterator[Page]:
    group = outer.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(outer):
        command = group.get_command(outer, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=outer)
        page = inner.command_path.replace(" ", "-")
        yield f"man1/{page}.1", _command(inner, page)
        if isinstance(command, click.Group):
            yield from _commands(inner)


def _program(root: click.Context) -> str:
    page = [
        roff.heading(MANUAL, PROGRAM, 1, __version__),
        f".SH NAME\n{PROGRAM} \\- cron with a memory\n",
        f".SH SYNOPSIS\n{roff.bold(PROGRAM)} [OPTIONS] COMMAND [ARGS]...\n",
        ".SH DESCRIPTION\n",
        roff.escaped(
            "A jobs.toml says what runs when; every due slot of every job ends in a ledger."
        )
        + "\n",
    ]
    for title, names in {**GROUPS, "Help": ("help",)}.items():
        page.append(f".SS {title}\n")
        page += [_reference(root, name) for name in names]
    guides = [f"{PROGRAM}-{each.name}" for each in guide.guides() if each.name != FILE_GUIDE]
    others = ", ".join(f"{roff.bold(name)}(7)" for name in guides)
    page += [_options(root), f".SH SEE ALSO\n{roff.bold(FILE)}(5), {others}\n"]
    return "".join(page)


def _reference(outer: click.Context, name: str) -> str:
    group = outer.command
    assert isinstance(group, click.Group)
    command = group.get_command(outer, name)
    assert command is not None
    page = f"{outer.command_path} {name}".replace(" ", "-")
    return roff.item(f"{roff.bold(page)}(1)", roff.escaped(command.get_short_help_str(limit=200)))


def _command(inner: click.Context, page: str) -> str:
    command = inner.command
    usage = " ".join(command.collect_usage_pieces(inner))
    short = command.get_short_help_str(limit=200).rstrip(".")
    text = [
        roff.heading(MANUAL, page, 1, __version__),
        f".SH NAME\n{roff.escaped(page)} \\- {roff.escaped(short[:1].lower() + short[1:])}\n",
        f".SH SYNOPSIS\n{roff.bold(inner.command_path)} {roff.escaped(usage)}\n",
        ".SH DESCRIPTION\n",
        *_paragraphs(cleandoc(command.help or "")),
    ]
    if isinstance(command, click.Group):
        text.append(".SH COMMANDS\n")
        text += [_reference(inner, name) for name in command.list_commands(inner)]
    text += [_options(inner), f".SH SEE ALSO\n{roff.bold(PROGRAM)}(1), {roff.bold(FILE)}(5)\n"]
    return "".join(text)


def _paragraphs(text: str) -> Iterator[str]:
    """The help of a command; what click leaves as it is are its examples."""
    for is_blank, group in groupby(text.splitlines(), key=lambda line: not line.strip(" ")):
        lines = list(group)
        if is_blank:
            continue
        if VERBATIM not in lines[0]:
            yield f".PP\n{roff.escaped(' '.join(lines))}\n"
            continue
        title, *shown = [line for line in lines if VERBATIM not in line]
        yield f".SH {title.rstrip(':').upper()}\n{roff.verbatim([line.strip() for line in shown])}"


def _options(inner: click.Context) -> str:
    records = [each.get_help_record(inner) for each in inner.command.get_params(inner)]
    items = [
        roff.item(roff.bold(names), roff.escaped(told)) for names, told in filter(None, records)
    ]
    return f".SH OPTIONS\n{''.join(items)}"


def _guide(each: guide.Guide, page: str, section: int) -> str:
    return (
        roff.heading(MANUAL, page, section, __version__)
        + f".SH NAME\n{roff.escaped(page)} \\- {roff.escaped(each.title)}\n.SH DESCRIPTION\n"
        + roff.of_markdown(each.text)
    )
