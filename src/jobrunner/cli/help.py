"""`jobrunner help`: a command, or an error code."""

import click

from jobrunner.cli import output
from jobrunner.config.codes import explain


@click.command()
@click.argument("topic", required=False)
@click.pass_context
def command(ctx: click.Context, topic: str | None) -> None:
    """Explain a command or an error code.

    \b
    Examples:
      jobrunner help validate
      jobrunner help E110
    """
    root = ctx.find_root()
    if topic is None:
        output.say(root.get_help())
    elif topic[:1] in {"E", "e"} and topic[1:].isdecimal():
        output.say(explain(topic.upper()))
    else:
        _explain_command(root, topic)


def _explain_command(root: click.Context, name: str) -> None:
    group = root.command
    assert isinstance(group, click.Group)
    found = group.get_command(root, name)
    if found is None:
        raise click.UsageError(f'"{name}" is an option, not a command')
    with click.Context(found, info_name=name, parent=root) as inner:
        output.say(found.get_help(inner))
