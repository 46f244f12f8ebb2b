"""`jobrunner unlock`: let go of what a dead run still holds."""

import click

from jobrunner.cli import output
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.spelling import quoted, shown
from jobrunner.engine.actions.unlock import unlock
from jobrunner.engine.report.look import in_force


@click.command()
@click.argument("name")
@click.option("--if-dead", is_flag=True, help="Needed: only what is dead is let go.")
@global_options
@click.pass_obj
def command(settings: Globals, *, name: str, if_dead: bool) -> None:
    """Let go of what a dead run still holds: a job, a lock, a place in a pool.

    It is hardly ever needed: locks on files are gone with their process, and the next supervisor
    settles what a dead one left.  Dead is a run if neither its own process nor the one that looked
    after it lives, by number, start and boot.  Exits with 6 if one lives, or nobody can tell.

    \b
    Examples:
      jobrunner unlock backup --if-dead
      jobrunner unlock 1284 --if-dead
    """
    if not if_dead:
        raise click.UsageError(
            f"what is alive is never unlocked. Say so: jobrunner unlock {shown(name)} --if-dead"
        )
    with in_force(settings.config, asker()) as (here, _):
        settled = unlock(here, name, settings.clock)
    if not settled:
        output.say(f"{quoted(name)} is held by nobody: there is nothing to let go.")
    for run in settled:
        output.say(f"{shown(run.job)} #{run.id} was dead, and is {run.state} now.")
        output.aside(f"What became of it: jobrunner show {shown(run.job)}")
