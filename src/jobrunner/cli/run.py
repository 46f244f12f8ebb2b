"""`jobrunner run`: one job, now."""

import shlex

import click

from jobrunner.cli import answer, output
from jobrunner.cli.elsewhere import require_here
from jobrunner.cli.near import side
from jobrunner.cli.option import Globals, global_options
from jobrunner.cli.progress import silent, watch
from jobrunner.cli.side import Side
from jobrunner.config.spelling import shown
from jobrunner.engine.actions.code import OURS, exit_code
from jobrunner.engine.actions.preview import Preview, preview
from jobrunner.engine.order import RunOrder
from jobrunner.engine.past import rows
from jobrunner.engine.past.rows import RunRow
from jobrunner.engine.scene import scene
from jobrunner.errors import StoreError
from jobrunner.kinds.environment import PATH
from jobrunner.model.job import Job
from jobrunner.store.value import Overlap

OVERLAPS: tuple[Overlap, ...] = ("skip", "queue", "allow", "replace")


@click.command()
@click.argument("job")
@click.option("-p", "--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter.")
@click.option("--overlap", type=click.Choice(OVERLAPS), help="In place of the job's own.")
@click.option("--wait/--detach", default=True, help="Follow it to its end, which is the default.")
@click.option("--dry-run", is_flag=True, help="Show what would be executed; start nothing.")
@click.option("--as-cron", is_flag=True, help="Say what it gets of this shell: nothing, as ever.")
@click.option("--json", "as_json", is_flag=True, help="The row of its history in place of output.")
@click.option("--fields", help="Only these fields of the row, separated by commas.")
@global_options
@click.pass_obj
def command(
    settings: Globals,
    *,
    job: str,
    params: tuple[str, ...],
    overlap: Overlap | None,
    wait: bool,
    dry_run: bool,
    as_cron: bool,
    as_json: bool,
    fields: str | None,
) -> int:
    """Run a job now and watch it.

    Ends with the job's own exit code; 124 after a timeout, 125 if jobrunner failed.  Ctrl-C asks
    the job to stop, once more kills it.  It runs as it would from a tick: same user, folder,
    environment, limits and log.

    \b
    Examples:
      jobrunner run backup
      jobrunner run reindex -p index=orders
      jobrunner run backup --detach
      jobrunner run backup --dry-run
    """
    chosen = answer.chosen_fields(fields, RunRow)
    order = RunOrder(params=_parsed(params), overlap=overlap or "")
    with side(settings, scene) as there:
        declared = there.job(job)
        there.check(declared, order.params)
        if dry_run:
            require_here(settings, "--dry-run")
            _show(declared, preview(there.scene, declared, order, settings.clock))
            return 0
        if as_cron:
            output.aside(f"{job} runs as from a tick: PATH={PATH}, and nothing of this shell's.")
        try:
            return _run(settings, there, order, job, wait=wait, chosen=chosen if as_json else ())
        except StoreError as error:
            output.complain(str(error))
            return OURS


def _run(
    settings: Globals,
    there: Side,
    order: RunOrder,
    job: str,
    *,
    wait: bool,
    chosen: tuple[str, ...],
) -> int:
    number = there.run(job, order)
    if not wait and not chosen:
        output.say(f"#{number}")
        return 0
    if chosen:
        here = there.scene
        run = silent(there, number) if wait else here.store.run(number)
        assert run is not None
        answer.as_json([rows.row(run, here.config.jobs.get(job))], chosen)
    else:
        run = watch(there, number, settings.clock)
    return exit_code(run) if wait else 0


def _parsed(params: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for given in params:
        name, sign, value = given.partition("=")
        if not sign:
            raise click.UsageError(f'"{shown(given)}" is no parameter: write -p NAME=VALUE')
        found[name] = value
    return found


def _show(job: Job, found: Preview) -> None:
    output.say(f"{job.name} was not started (--dry-run). It would be:")
    output.say(f"  command      {shown(shlex.join(found.command))}")
    output.say(f"  user         {found.user}")
    output.say(f"  folder       {shown(found.folder)}")
    output.say(f"  environment  {' '.join(found.environment)}")
