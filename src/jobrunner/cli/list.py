"""`jobrunner list`: the jobs and how they are."""

from collections.abc import Sequence

import click

from jobrunner.cli import answer, cell, jobtable, output, table
from jobrunner.cli.caller import asker
from jobrunner.cli.elsewhere import elsewhere
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.config.plenty import without_collection
from jobrunner.engine.report.choice import (
    FAILING,
    SORTS,
    Choice,
    declared,
    has_tag,
    require_tags,
    standing,
)
from jobrunner.engine.report.overview import STATUSES, Entry, see_jobs
from jobrunner.engine.scene import scene

ADD = "To add one: jobrunner add NAME --every 1h -- COMMAND"


@click.command()
@click.option("--tag", "tags", multiple=True, help="Only jobs with this tag; may be repeated.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([*STATUSES, FAILING]),
    metavar="STATUS",
    help=f"Only jobs that are so; may be repeated: {', '.join(STATUSES)}; or all that are failing.",
)
@click.option(
    "--sort",
    type=click.Choice(list(SORTS)),
    default="file",
    show_default=True,
    help="The order: as in the file, by name, what is due next, what ran last, what fails first.",
)
@click.option("-v", "--verbose", is_flag=True, help="Add schedules in words, and descriptions.")
@json_options("An array of objects.")
@global_options
@click.pass_obj
def command(
    settings: Globals,
    *,
    tags: tuple[str, ...],
    statuses: tuple[str, ...],
    sort: str,
    verbose: bool,
    as_json: bool,
    fields: str | None,
) -> None:
    """Show the jobs and how they are.

    In a pipe: name, status, schedule, start and seconds of the last run, next run.

    \b
    Examples:
      jobrunner list --status failing
      jobrunner list --tag db --sort next -v
      jobrunner list --json --fields name,status,next_run_at
    """
    chosen = answer.chosen_fields(fields, Entry)
    is_table = not (as_json or fields) and output.is_terminal()
    choice = Choice(tags=tags, statuses=statuses, sort=sort)
    now = settings.clock.now()
    asks = set(chosen) if as_json or fields else set()
    far = elsewhere(settings)
    if far is not None:
        origin, is_empty, found = far.url, not far.entries(), _chosen(far.entries(), tags)
    else:
        with without_collection(), scene(settings.config, asker()) as here:
            require_tags(tags, here.config.jobs.values())
            origin, is_empty = here.config.origin, not here.config.jobs
            found = see_jobs(
                here.store,
                declared(here.config.jobs.values(), choice),
                now,
                recent=is_table or "recent" in asks,
                words=verbose or "schedule_text" in asks,
            )
    entries = standing(found, choice)
    if as_json:
        answer.as_json(entries, chosen)
    elif fields:
        output.tabs([cell.plain(getattr(entry, field)) for field in chosen] for entry in entries)
    elif is_table:
        jobtable.show(entries, now, verbose=verbose)
        jobtable.footer(entries, origin, now)
        if is_empty:
            table.remark(ADD, indent="")
    else:
        output.tabs(_brief(entry) for entry in entries)


def _chosen(entries: Sequence[Entry], tags: tuple[str, ...]) -> list[Entry]:
    require_tags(tags, entries)
    return [entry for entry in entries if has_tag(entry, tags)]


def _brief(entry: Entry) -> list[str]:
    last = entry.last_run
    started, took = (last.started_at, last.duration_seconds) if last else (None, None)
    values = (entry.name, entry.status, entry.schedule, started, took, entry.next_run_at)
    return [cell.plain(value) for value in values]
