"""`jobrunner env`: the environment that a job gets."""

from collections.abc import Sequence

import click

from jobrunner.cli import answer, cell, output
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.config.spelling import shown, unknown
from jobrunner.engine.report.look import in_force
from jobrunner.engine.report.surroundings import (
    OF_A_RUN,
    Difference,
    Variable,
    differences,
    see_variables,
)
from jobrunner.engine.scene import Scene
from jobrunner.engine.ticker import this_host
from jobrunner.errors import UnknownError
from jobrunner.model.job import Job

SIGNS = {"only_shell": "-", "only_job": "+", "differs": "~"}
COLOURS = {"only_shell": "red", "only_job": "green", "differs": "yellow"}


@click.command()
@click.argument("job")
@click.option("--diff", is_flag=True, help="Compare with the shell that you are in.")
@json_options("An array of objects.")
@global_options
@click.pass_obj
def command(settings: Globals, *, job: str, diff: bool, as_json: bool, fields: str | None) -> None:
    """Show the environment that a job gets, and where each variable is from.

    Nothing else is in it, whatever shell is open.  Secrets are starred out; of what stands in a
    file of variables only the file is told.

    \b
    Examples:
      jobrunner env backup
      jobrunner env backup --diff
    """
    chosen = answer.chosen_fields(fields, Difference if diff else Variable)
    now, caller, host = settings.clock.now(), asker(), this_host()
    found: Sequence[Variable | Difference]
    with in_force(settings.config, caller) as (here, _):
        see = differences if diff else see_variables
        found = see(here, _known(here, job), caller, host, now)
    if as_json:
        answer.as_json(found, chosen)
    elif fields or not output.is_terminal():
        output.tabs([[cell.plain(getattr(one, field)) for field in chosen] for one in found])
    else:
        _show(found)


def _known(here: Scene, name: str) -> Job:
    if name not in here.config.jobs:
        raise UnknownError(unknown("job", name, here.config.jobs))
    return here.config.jobs[name]


def _show(found: Sequence[Variable | Difference]) -> None:
    source = ""
    for each in found:
        if isinstance(each, Difference):
            output.say(_difference(each))
            continue
        if each.source != source:
            source = each.source
            output.say(output.style(shown(source), bold=True))
        output.say(_variable(each))
    if not found:
        output.say("Your shell and the job have the same environment.")


def _variable(one: Variable) -> str:
    if one.value is not None:
        return f"  {shown(one.name)}={shown(one.value)}"
    where = "" if one.source == OF_A_RUN else f"  (from {shown(one.source)})"
    return f"  {shown(one.name)}{where}"


def _difference(one: Difference) -> str:
    mark = output.style(f"{SIGNS[one.change]} {shown(one.name)}", fg=COLOURS[one.change])
    mine, theirs = one.shell or "", one.job or ""
    if one.change != "differs":
        return f"{mark}={shown(mine or theirs)}"
    lines = [mark, f"    shell  {shown(mine)}", f"    job    {shown(theirs)}"]
    if one.name == "PATH":
        lacking = [each for each in dict.fromkeys(mine.split(":")) if each not in theirs.split(":")]
        lines += [f"    the job does not look into {shown(', '.join(lacking))}"] if lacking else []
    return "\n".join(lines)
