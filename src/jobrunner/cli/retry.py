"""`jobrunner retry`: the same run again."""

import click

from jobrunner.cli import output
from jobrunner.cli.near import side
from jobrunner.cli.option import Globals, global_options
from jobrunner.cli.progress import watch
from jobrunner.engine.actions.code import exit_code
from jobrunner.engine.past.choose import choose
from jobrunner.engine.scene import scene
from jobrunner.errors import BusyError
from jobrunner.model.run import Run, State


@click.command()
@click.argument("run")
@click.option("--wait", is_flag=True, help="Follow it to its end, and end with its exit code.")
@global_options
@click.pass_obj
def command(settings: Globals, *, run: str, wait: bool) -> int:
    """Run a run that failed again.

    RUN is a number (1284), or a job: its latest run.  The new run has the slot and the parameters
    of the old one, and a number of its own, which is told.

    \b
    Examples:
      jobrunner retry 1284
      jobrunner retry backup --wait
    """
    with side(settings, scene) as there:
        old = choose(run, there.scene.store, there.scene.config.jobs)
        _refuse_success(old, run)
        number = there.retry(old)
        if not wait:
            output.say(f"#{number}")
            return 0
        return exit_code(watch(there, number, settings.clock))


def _refuse_success(old: Run, name: str) -> None:
    """A number says for certain what is meant; a job's latest run may not be the one in mind."""
    if old.state is State.SUCCESS and name.lstrip("#") != str(old.id):
        raise BusyError(
            f"the latest run of {old.job}, #{old.id}, succeeded: there is nothing to try again.\n"
            f"Run it anew: jobrunner run {old.job}   The same once more: jobrunner retry {old.id}"
        )
