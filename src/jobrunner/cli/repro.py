"""`jobrunner repro`: what a run executed, to be executed again."""

import sys

import click

from jobrunner.cli import answer, cell, output
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.config.spelling import shown
from jobrunner.engine.actions.code import NOT_EXECUTABLE, NOT_FOUND
from jobrunner.engine.actions.repro import Reproduction, Whole, become, reproduce
from jobrunner.engine.past.choose import choose
from jobrunner.engine.report.look import in_force
from jobrunner.engine.ticker import this_host


@click.command()
@click.argument("run")
@click.option("--run", "at_once", is_flag=True, help="Do it: here, now, and not in the ledger.")
@json_options("An object.")
@global_options
@click.pass_obj
def command(
    settings: Globals, *, run: str, at_once: bool, as_json: bool, fields: str | None
) -> int:
    """Print what a run executed as a line for a shell: the version that ran, its slot, its values.

    Program, folder, user, umask, limits and environment are those of the run.  No secret is in the
    line: files of variables are read when it is run.  RUN is a number, or backup for its latest,
    backup~1 for the one before.  To have it in the ledger: jobrunner retry.

    \b
    Examples:
      jobrunner repro 1284
      jobrunner repro backup | sh
      jobrunner repro backup --run
    """
    chosen = answer.chosen_fields(fields, Reproduction)
    caller = asker()
    with in_force(settings.config, caller) as (here, _):
        wanted = choose(run, here.store, here.config.jobs)
        found, whole = reproduce(here, wanted, caller, this_host())
    if at_once:
        return _do(found, whole)
    for note in found.notes:
        output.aside(f"# {shown(note)}")
    if as_json:
        answer.as_object(found, chosen)
    elif fields:
        output.tabs([[cell.plain(getattr(found, field)) for field in chosen]])
    elif found.line:
        output.say(found.line)
    return 0 if found.line else 1


def _do(found: Reproduction, whole: Whole) -> int:
    """Become the job; only what cannot be executed comes back."""
    output.aside(f"# {shown(found.job)} #{found.run} once more, here; it is not recorded.")
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        become(whole)
    except OSError as error:
        output.complain(f"{error.filename or whole.task.argv[0]}: {error.strerror}")
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
