"""`jobrunner validate`: what is wrong in jobs.toml."""

import click

from jobrunner.cli import answer, output
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.problem import ConfigError, Problem
from jobrunner.engine.load import load
from jobrunner.model.settings import Config


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
@global_options
@click.pass_obj
def command(settings: Globals, file: str | None, shape: str) -> int:
    """Check jobs.toml and tell every problem at once.

    FILE may be - for standard input.  Exits with 1 if there is a problem.

    \b
    Examples:
      jobrunner validate
      jobrunner validate /etc/jobrunner/jobs.toml --format github
    """
    try:
        config = load(file or settings.config, asker())
    except ConfigError as error:
        _tell(error.problems, shape)
        return 1
    if shape == "json":
        answer.as_json([])
    elif shape == "text":
        output.say(_summary(config))
    return 0


def _tell(problems: tuple[Problem, ...], shape: str) -> None:
    if shape == "json":
        answer.as_json(problems)
    elif shape == "github":
        for problem in problems:
            output.say(_annotation(problem))
    else:
        for problem in problems:
            head, _, rest = problem.render().partition("\n")
            output.say(f"{output.style(head, fg='red', bold=True)}\n{rest}\n")
        output.say(_count(problems))


def _annotation(problem: Problem) -> str:
    message = "; ".join(filter(None, (problem.message, problem.suggestion)))
    place = f"file={problem.file},line={problem.line},col={problem.column},title={problem.code}"
    return f"::error {place}::{message}"


def _count(problems: tuple[Problem, ...]) -> str:
    files = sorted({problem.file for problem in problems})
    where = files[0] if len(files) == 1 else f"{len(files)} files"
    errors = f"{len(problems)} error" + "s" * (len(problems) != 1)
    return f"{errors} in {where}. Explain one: jobrunner help {problems[0].code}"


def _summary(config: Config) -> str:
    jobs = f"{len(config.jobs)} job" + "s" * (len(config.jobs) != 1)
    others = len(config.sources) - 1
    included = f" and {others} included file" + "s" * (others != 1) if others > 0 else ""
    return f"{output.sign('ok')} {config.origin}{included}: {jobs}, valid."
