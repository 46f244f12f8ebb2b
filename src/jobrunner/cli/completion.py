"""`jobrunner completion`: what a shell needs to complete our command lines."""

import os
from pathlib import Path

import click

from jobrunner.cli import output
from jobrunner.cli.option import global_options
from jobrunner.config.spelling import shown
from jobrunner.engine.actions import completion

SHELLS = ("bash", "zsh", "fish")
FOLDER = Path(__file__).with_name("shells")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS), required=False)
@click.option("--install", is_flag=True, help="Write it where the shell looks.")
@global_options
def command(*, shell: str | None, install: bool) -> None:
    """Complete command lines in bash, zsh or fish.

    Prints the script, of the shell that $SHELL names if no other is.  Completed are commands,
    options and their values, fields, jobs, tags and runs.

    \b
    Examples:
      jobrunner completion --install
      source <(jobrunner completion bash)
      jobrunner completion fish | source
    """
    shell = shell or _usual()
    text = (FOLDER / shell).read_text()
    if not install:
        output.say(text.rstrip("\n"))
        return
    place = completion.place(shell, os.environ, os.geteuid())
    is_new = completion.write(place.path, text)
    output.tell(f"{'Wrote' if is_new else 'It is there:'} {shown(str(place.path))}")
    if place.needs:
        output.tell(f"  it needs this line in {shown(place.needs)}")
    output.tell(f"  it counts in the next {shell}")


def _usual() -> str:
    """The shell of this user."""
    name = os.environ.get("SHELL", "").rpartition("/")[2]
    if name not in SHELLS:
        raise click.UsageError(f"name the shell: {', '.join(SHELLS)}")
    return name
