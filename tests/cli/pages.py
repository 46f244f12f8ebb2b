"""The pages of help as click renders them, each by the words that lead to its command."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from click.testing import CliRunner

from jobrunner.cli.main import jobrunner
from jobrunner.cli.option import Globals
from jobrunner.model.run import State, Trigger
from tests.build import FakeClock

WIDTH = 78  # of 80 columns, as click has it
Names = tuple[str, ...]


def contexts() -> Iterator[tuple[Names, click.Context]]:
    """Every command and every command within one; not the program itself."""
    yield from _below((), root())


def root() -> click.Context:
    settings = jobrunner.context_settings | {"info_name": "jobrunner", "terminal_width": WIDTH}
    return click.Context(jobrunner, **settings)


def _below(path: Names, outer: click.Context) -> Iterator[tuple[Names, click.Context]]:
    group = outer.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(outer):
        command = group.get_command(outer, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=outer)
        yield (*path, name), inner
        if isinstance(command, click.Group):
            yield from _below((*path, name), inner)


# What the value of an option or argument is, by its name; see `jobrunner.cli.suggest`.
KINDS = {
    "job": "job",
    "jobs": "job",
    "run": "run",
    "runs": "run",
    "tag": "tag",
    "tags": "tag",
    "config": "file",
    "path": "file",
    "file": "file",
    "cwd": "folder",
    "topic": "topic",
    "topics": "topic",
    "status": f"list:{','.join(State)}",
    "trigger": f"one:{','.join(Trigger)}",
}
ANY = "any"


def words() -> dict[str, str]:
    """What may follow each command, for completion."""
    found = [((), root()), *contexts()]
    return {
        f"{'.'.join(path) or 'jobrunner'}.words": "".join(
            "\t".join(line) + "\n" for line in _follow(path, inner)
        )
        for path, inner in found
    }


def _follow(path: Names, inner: click.Context) -> Iterator[tuple[str, str, str]]:
    """Commands, arguments and options: name, kind, remark."""
    command = inner.command
    if isinstance(command, click.Group):
        for name in command.list_commands(inner):
            below = command.get_command(inner, name)
            assert below is not None
            yield name, "command", below.get_short_help_str(limit=80)
    for parameter in command.get_params(inner):
        kind = _kind(path, parameter)
        if isinstance(parameter, click.Option):
            remark = (parameter.help or "").partition(";")[0].rstrip(".")
            for name in (*parameter.opts, *parameter.secondary_opts):
                if not parameter.hidden:
                    yield name, kind, remark
        else:
            yield "", kind + "*" * (parameter.nargs == -1), ""


def _kind(path: Names, parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option) and (parameter.is_flag or parameter.count):
        return ""
    if isinstance(parameter.type, click.Choice):
        return f"one:{','.join(map(str, parameter.type.choices))}"
    if parameter.name == "fields":
        return f"list:{','.join(fields(path))}"
    return KINDS.get(parameter.name or "", ANY)


def fields(path: Names) -> list[str]:
    """The fields that a command has: it names them when it is asked for one that there is not."""
    *_, (_, inner) = (found for found in contexts() if found[0] == path)
    needed = [a for a in inner.command.params if isinstance(a, click.Argument) and a.required]
    with TemporaryDirectory() as folder:
        jobs = Path(folder, "jobs.toml")
        jobs.write_text("[jobs.x]\ncommand = 'true'\n")
        told = CliRunner().invoke(
            jobrunner,
            ["-c", str(jobs), *path, *("x" for _ in needed), "--fields", "?"],
            obj=Globals(FakeClock()),
        )
    assert "Fields: " in told.output, f"{path} looks at --fields too late: {told}"
    return told.output.partition("Fields: ")[2].split()


def pages() -> dict[str, str]:
    """What each file in the package holds."""
    return {f"{'.'.join(path)}.txt": f"{inner.get_help()}\n" for path, inner in contexts()}
