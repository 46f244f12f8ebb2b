"""Whether whoever sits at the terminal says yes."""

import sys

import click

from jobrunner.cli import output


def require_consent(question: str, *, yes: bool) -> None:
    """Go on only with a yes, given beforehand or asked for; without a terminal nobody can be."""
    if yes:
        return
    _require_terminal()
    click.confirm(question, abort=True, err=True)


def require_word(question: str, word: str, *, yes: bool) -> None:
    """The same for what is too much for a yes: the word itself has to be typed."""
    if yes:
        return
    _require_terminal()
    typed: str = click.prompt(f"{question} Type {word}", default="", show_default=False, err=True)
    if typed.strip() != word:
        raise click.Abort


def _require_terminal() -> None:
    if not (sys.stdin.isatty() and output.is_terminal()):
        raise click.UsageError("nobody can be asked here: add --yes")
