"""The pages of help as click renders them, each by the words that lead to its command."""

from collections.abc import Iterator

import click

from jobrunner.cli.main import jobrunner

WIDTH = 78  # of 80 columns, as click has it
Path = tuple[str, ...]


def contexts() -> Iterator[tuple[Path, click.Context]]:
    """Every command and every command within one; not the program itself."""
    settings = jobrunner.context_settings | {"info_name": "jobrunner", "terminal_width": WIDTH}
    yield from _below((), click.Context(jobrunner, **settings))


def _below(path: Path, outer: click.Context) -> Iterator[tuple[Path, click.Context]]:
    group = outer.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(outer):
        command = group.get_command(outer, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=outer)
        yield (*path, name), inner
        if isinstance(command, click.Group):
            yield from _below((*path, name), inner)


def pages() -> dict[str, str]:
    """What each file in the package holds."""
    return {f"{'.'.join(path)}.txt": f"{inner.get_help()}\n" for path, inner in contexts()}
