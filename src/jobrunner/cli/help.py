"""`jobrunner help`: a command, an error code, a guide; or all of them as manual pages."""

from collections.abc import Sequence
from pathlib import Path

import click

from jobrunner.cli import output, table
from jobrunner.cli.option import global_options
from jobrunner.config.codes import explain
from jobrunner.config.spelling import shown, unknown
from jobrunner.errors import ForbiddenError, JobrunnerError, UnknownError
from jobrunner.policy.lint import code as lint
from jobrunner.words import numbered

TOPICS = "topics"


@click.command()
@click.argument("topics", nargs=-1, metavar="[TOPIC]...")
@click.option("--man", "folder", metavar="FOLDER", help="Write the manual pages there.")
@global_options
@click.pass_context
def command(ctx: click.Context, *, topics: tuple[str, ...], folder: str | None) -> None:
    """Explain a command, an error code or a topic.

    \b
    Examples:
      jobrunner help validate
      jobrunner help db backup
      jobrunner help E110
      jobrunner help topics
      jobrunner help --man ~/.local/share/man
    """
    root = ctx.find_root()
    if folder is not None:
        _write_manual(root, Path(folder).expanduser())
    elif not topics:
        output.say(root.get_help())
    elif topics == (TOPICS,):
        _list_topics()
    elif topics[0][:1] in {"E", "e"} and topics[0][1:].isdecimal():
        output.say(explain(topics[0].upper()))
    elif topics[0][:1] in {"L", "l"} and topics[0][1:].isdecimal():
        output.say(explain(topics[0].upper(), lint.CODES))
    else:
        _explain(root, topics)


def _explain(root: click.Context, topics: Sequence[str]) -> None:
    """The help of a command; a guide is asked for by its name, or by that of its file."""
    from jobrunner.cli import guide  # noqa: PLC0415 - rich's Markdown is slow to load

    if inner := _found(root, topics):
        output.say(inner.command.get_help(inner))
        return
    name = " ".join(topics)
    known = {each.name: each for each in guide.guides()}
    found = known.get(name.lower().removesuffix(guide.ENDING))
    if found is None:
        group = root.command
        assert isinstance(group, click.Group)
        raise UnknownError(unknown("topic", name, [*group.list_commands(root), *known]))
    guide.show(found)


def _found(root: click.Context, names: Sequence[str]) -> click.Context | None:
    """The context of a command, or of one within it."""
    outer = root
    for name in names:
        group = outer.command
        if not isinstance(group, click.Group) or name not in group.list_commands(outer):
            return None
        command = group.get_command(outer, name)
        assert command is not None
        outer = click.Context(command, info_name=name, parent=outer)
    return outer


def _list_topics() -> None:
    from jobrunner.cli import guide  # noqa: PLC0415

    group = click.get_current_context().find_root().command
    assert isinstance(group, click.Group)
    commands = {*group.list_commands(click.get_current_context().find_root())}
    rows = [
        (each.name + guide.ENDING if each.name in commands else each.name, each.title)
        for each in guide.guides()
    ]
    if output.is_terminal():
        table.show(("TOPIC", "WHAT IT IS ABOUT"), rows)
        table.remark("Read one: jobrunner help cron. Error codes: jobrunner help E110", indent="")
    else:
        output.tabs(rows)


def _write_manual(root: click.Context, folder: Path) -> None:
    from jobrunner.cli import manual  # noqa: PLC0415

    try:
        number = 0
        for name, text in manual.pages(root):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            number += 1
    except PermissionError as error:
        raise ForbiddenError(f"{folder} cannot be written: {error.strerror}.") from error
    except OSError as error:
        raise JobrunnerError(f"{folder} cannot be written: {error.strerror}.") from error
    output.tell(f"Wrote {numbered(number, 'page')} below {shown(str(folder))}")
    output.tell("  read one: man jobrunner-list, man 5 jobs.toml")
