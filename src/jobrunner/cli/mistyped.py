"""What was typed and is no command line of ours: told, with one that is."""

from io import StringIO

import click

from jobrunner.cli import output

ERROR = "Error: "
MARGIN = " " * len(ERROR)


def show(error: click.ClickException) -> None:
    """What is wrong, and what the command takes instead, where that is short to say."""
    heard = StringIO()
    error.show(heard)
    usage, begins, told = heard.getvalue().rstrip("\n").partition(ERROR)
    lines = usage + begins + told.replace("\n", f"\n{MARGIN}")
    output.complain(lines, is_report=True)
    if advice := _advice(error):
        output.aside(f"{MARGIN}{advice}")


def _advice(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return ""
    if isinstance(error, click.MissingParameter):
        return _example(context.command)
    if isinstance(error, click.NoSuchCommand) and context.parent and not error.possibilities:
        assert isinstance(context.command, click.Group)
        return f"There are: {', '.join(context.command.list_commands(context))}"
    return ""


def _example(command: click.Command) -> str:
    lines = (line.strip() for line in (command.help or "").splitlines())
    example = next((line for line in lines if line.startswith(("jobrunner ", "sudo "))), "")
    return example and f"For example: {example}"
