"""`jobrunner locks`: who holds what."""

import click

from jobrunner.cli import answer, cell, output, table
from jobrunner.cli.caller import asker
from jobrunner.cli.moment import lasting
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.config.spelling import shown
from jobrunner.engine.report.lock import Lock, see_locks
from jobrunner.engine.report.look import in_force

SIGNS = {"alive": "running", "dead": "bad", "unknown": "lost"}
HEADER = ("NAME", "KIND", "HELD BY", "FOR", "WHAT")
OPTIONAL = ("WHAT", "FOR")


@click.command()
@json_options("An array of objects.")
@global_options
@click.pass_obj
def command(settings: Globals, *, as_json: bool, fields: str | None) -> None:
    """Show who holds what: jobs, locks, pools, files.

    A lock on a file is gone with its process.  What a run holds is let go when it is over; of one
    whose processes are dead that is when the next supervisor starts.

    \b
    Examples:
      jobrunner locks
      jobrunner locks --json
    """
    chosen = answer.chosen_fields(fields, Lock)
    with in_force(settings.config, asker()) as (here, _):
        found = see_locks(here)
    if as_json:
        answer.as_json(found, chosen)
    elif fields or not output.is_terminal():
        output.tabs([[cell.plain(getattr(one, field)) for field in chosen] for one in found])
    elif found:
        _show(found, settings)
    else:
        output.say("Nothing is held.")


def _show(found: list[Lock], settings: Globals) -> None:
    now = settings.clock.now()
    rows = [
        (
            shown(lock.name),
            lock.kind,
            _holder(lock),
            lasting(lock.since, now) if lock.since else "",
            shown(lock.what),
        )
        for lock in found
    ]
    table.show(HEADER, rows, states=[SIGNS[lock.life] for lock in found], optional=OPTIONAL)
    for lock in found:
        if lock.life == "dead":
            output.aside(f"dead: {lock.job} #{lock.run}. jobrunner unlock {lock.run} --if-dead")


def _holder(lock: Lock) -> str:
    run = shown(f"{lock.job} #{lock.run}") if lock.run else ""
    if lock.host:
        return f"{run} on {shown(lock.host)}"
    process = f"process {lock.pid}" if lock.pid else "" if lock.life == "alive" else lock.life
    return ", ".join(filter(None, (run, process)))
