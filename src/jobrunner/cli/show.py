"""`jobrunner show`: one job in full."""

from datetime import datetime

import click

from jobrunner.cli import answer, cell, jobsheet, output
from jobrunner.cli.caller import asker
from jobrunner.cli.elsewhere import elsewhere
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.engine.actions.ask import known
from jobrunner.engine.report.detail import Detail
from jobrunner.engine.report.look import see_job
from jobrunner.engine.scene import scene


@click.command()
@click.argument("job")
@click.option("-v", "--verbose", is_flag=True, help="Show every key that is set, and where.")
@json_options("An object.")
@global_options
@click.pass_obj
def command(
    settings: Globals, *, job: str, verbose: bool, as_json: bool, fields: str | None
) -> None:
    """Show one job in full.

    What it does and when, what came of it, and which of its keys stand where.  Secrets are
    starred out.

    \b
    Examples:
      jobrunner show backup
      jobrunner show backup -v
      jobrunner show backup --json --fields settings
    """
    chosen = answer.chosen_fields(fields, Detail)
    now = settings.clock.now()
    far = elsewhere(settings)
    found = far.detail(job) if far else _look(settings, job, now)
    if as_json:
        answer.as_object(found, chosen)
    elif fields:
        output.tabs([[cell.plain(getattr(found, field)) for field in chosen]])
    else:
        jobsheet.show(found, now, verbose=verbose)


def _look(settings: Globals, name: str, now: datetime) -> Detail:
    with scene(settings.config, asker()) as here:
        return see_job(here, known(here, name), asker(), now)
