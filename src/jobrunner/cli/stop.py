"""`jobrunner stop`: an end to runs."""

import click

from jobrunner.cli import output
from jobrunner.cli.near import side
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.spelling import shown
from jobrunner.engine.actions import halt, told
from jobrunner.engine.actions.roof import archive
from jobrunner.model.run import Run


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN|JOB]...")
@click.option("--all", "every", is_flag=True, help="Everything that runs or waits.")
@click.option("--no-wait", is_flag=True, help="Ask, and do not wait for the end.")
@global_options
@click.pass_obj
def command(settings: Globals, *, runs: tuple[str, ...], every: bool, no_wait: bool) -> int:
    """Stop a run.

    RUN is a number; a job means each of its runs that is not over.  What runs is asked to end, and
    killed with all that it started if it has not by the end of its grace (kill_after).  Exits with
    6 if there is nothing to stop.

    \b
    Examples:
      jobrunner stop 1284
      jobrunner stop backup
      jobrunner stop --all
    """
    if every == bool(runs):
        raise click.UsageError("name what to stop: a run, a job, or --all")
    with side(settings, archive) as there:
        here = there.scene
        found = halt.chosen(here, runs)
        requests = there.stop_all(found)
        if no_wait:
            for run in found:
                output.tell(f"{run.job} #{run.id} is asked to stop.")
            return 0
        for run in halt.ended(here, found, requests, there.clock):
            _tell(run)
    return 0


def _tell(run: Run) -> None:
    first, *rest = told.over(run, told.Usual(None)).splitlines()
    output.tell(f"{output.sign(run.state)} {shown(first)}")
    for line in rest:
        output.tell(shown(line))
