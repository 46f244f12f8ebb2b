"""`jobrunner resume`: paused jobs go on."""

from datetime import tzinfo

import click

from jobrunner.cli import output, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.elsewhere import elsewhere
from jobrunner.cli.option import Globals, global_options
from jobrunner.cli.pause import named, require_choice
from jobrunner.config.spelling import shown
from jobrunner.engine.actions import pause
from jobrunner.engine.actions.pause import Freed
from jobrunner.engine.past.tell import day_and_time
from jobrunner.engine.scene import scene
from jobrunner.engine.wake import poke
from jobrunner.store.value import EVERY_JOB


@click.command()
@click.argument("jobs", nargs=-1)
@click.option("--tag", "tags", multiple=True, help="Every job with this tag.")
@click.option("--all", "every", is_flag=True, help="Every job, those paused by name included.")
@global_options
@click.pass_obj
def command(
    settings: Globals, *, jobs: tuple[str, ...], tags: tuple[str, ...], every: bool
) -> None:
    """Let paused jobs go on.

    What came due meanwhile was skipped and stays so.

    \b
    Examples:
      jobrunner resume backup
      jobrunner resume --all
    """
    require_choice(jobs, tags, every=every)
    zone = timezone.here().info
    far = elsewhere(settings)
    if far is not None:
        freed = far.resume(pause.chosen(far.scene, jobs, tags, every=every))
    else:
        with scene(settings.config, asker()) as here:
            chosen = pause.chosen(here, jobs, tags, every=every)
            freed = pause.resume(here, chosen, settings.clock.now())
            poke(here.state)
    shown_ones = [each for each in freed if each.before or len(freed) == 1 or not every]
    for each in shown_ones or freed[:1]:
        output.tell(shown(_told(each, zone)))


def _told(freed: Freed, zone: tzinfo) -> str:
    verb = "are" if freed.job == EVERY_JOB else "is"
    name = named(freed.job)
    if freed.others is not None:
        was = "Resumed" if freed.before else "Not paused by its name:"
        return f"{was} {name}, but all jobs are paused ({freed.others.by}): jobrunner resume --all"
    if freed.before is None:
        return (
            f"{name[0].upper()}{name[1:]} {verb} not paused."
            if verb == "are"
            else f"{name} is not paused."
        )
    next_at = f" Next: {day_and_time(freed.next_at, zone, with_zone=True)}" if freed.next_at else ""
    return f"Resumed {name} (paused by {freed.before.by}).{next_at}"
