"""Whether whoever sits at the terminal says yes."""

import sys

import click

from jobrunner.cli import output


def require_consent(question: str, *, yes: bool) -> None:
    """Go on only with a yes, given beforehand or asked for; without a terminal nobody can be."""
    if yes:
        return
    if not (sys.stdin.isatty() and output.is_terminal()):
        raise click.UsageError("nobody can be asked here: add --yes")
    click.confirm(question, abort=True, err=True)
