"""`jobrunner validate`: what is wrong in jobs.toml."""

import click

from jobrunner.cli import answer, output
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.problem import ConfigError, Problem
from jobrunner.config.spelling import shown
from jobrunner.engine.load import load
from jobrunner.model.settings import Config
from jobrunner.words import numbered


@click.command()
@click.argument("file", required=False)
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How to tell problems; github is for annotations in its Actions.",
)
@click.option("--json", "as_json", is_flag=True, help="As --format json.")
@click.option("-v", "--verbose", is_flag=True, help="Show notes, and the files that were read.")
@global_options
@click.pass_obj
def command(
    settings: Globals, *, file: str | None, shape: str, as_json: bool, verbose: bool
) -> int:
    """Check jobs.toml and tell every problem at once.

    FILE may be - for standard input.  Exits with 1 if there is a problem.

    \b
    Examples:
      jobrunner validate
      jobrunner validate /etc/jobrunner/jobs.toml --format github
    """
    shape = "json" if as_json else shape
    try:
        config = load(file or settings.config, asker())
    except ConfigError as error:
        _tell(error, shape)
        return 1
    if shape == "json":
        answer.as_json([])
    elif shape == "text":
        output.say(_summary(config, hint="" if verbose else " (show with -v)"))
        if verbose:
            _details(config)
    return 0


def _tell(error: ConfigError, shape: str) -> None:
    if shape == "json":
        answer.as_json(error.problems)
    elif shape == "github":
        for problem in error.problems:
            output.say(_annotation(problem))
    else:
        for problem in error.problems:
            head, _, rest = problem.render().partition("\n")
            output.say(f"{output.style(head, fg='red', bold=True)}\n{rest}\n")
        output.say(error.summary())


def _annotation(problem: Problem) -> str:
    message = _data("; ".join(filter(None, (problem.message, problem.suggestion))))
    file = _data(problem.file).replace(":", "%3A").replace(",", "%2C")
    # Line 0 is the file as a whole.
    where = f",line={problem.line},col={problem.column}" if problem.line else ""
    return f"::error file={file}{where},title={problem.code}::{message}"


def _data(text: str) -> str:
    """Text as a workflow command of Actions carries it: a line end would begin another command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _summary(config: Config, hint: str) -> str:
    others = len(config.sources) - 1
    included = f" and {numbered(others, 'included file')}" if others > 0 else ""
    notes = f" {numbered(len(config.notes), 'note')}{hint}" if config.notes else ""
    jobs = numbered(len(config.jobs), "job")
    return f"{output.sign('ok')} {shown(config.origin)}{included}: {jobs}, valid.{notes}"


def _details(config: Config) -> None:
    for note in config.notes:
        output.say(f"{output.sign('note')} {note}")
    for source in config.sources[1:]:
        output.say(f"  read {shown(source)}")
