"""`jobrunner list`: the jobs and how they are."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from jobrunner.cli import answer, cell, jobtable, output, table
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.config.plenty import without_collection
from jobrunner.config.spelling import unknown
from jobrunner.engine.report.health import failing_of
from jobrunner.engine.report.overview import STATUSES, Entry, see_jobs
from jobrunner.engine.scene import scene
from jobrunner.errors import UnknownError
from jobrunner.model.job import Job

FAILING = "failing"
ADD = "To add one: jobrunner add NAME --every 1h -- COMMAND"
NEVER = datetime.max.replace(tzinfo=UTC)
EARLIEST = datetime.min.replace(tzinfo=UTC)

SORTS: dict[str, Callable[[Entry], Any]] = {
    "file": lambda _: 0,
    "name": lambda entry: entry.name,
    "next": lambda entry: entry.next_run_at or NEVER,
    "last": lambda entry: -_began(entry).timestamp() if entry.last_run else 0,
    "status": lambda entry: (not entry.consecutive_failures, STATUSES.index(entry.status)),
}


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
    now = settings.clock.now()
    with without_collection(), scene(settings.config, asker()) as here:
        _require(tags, here.config.jobs.values())
        wanted = [job for job in here.config.jobs.values() if _has_tag(job, tags)]
        asks = set(chosen) if as_json or fields else set()
        found = see_jobs(
            here.store,
            wanted,
            now,
            recent=is_table or "recent" in asks,
            words=verbose or "schedule_text" in asks,
        )
    entries = sorted((e for e in found if _is_so(e, statuses)), key=SORTS[sort])
    if as_json:
        answer.as_json(entries, chosen)
    elif fields:
        output.tabs([cell.plain(getattr(entry, field)) for field in chosen] for entry in entries)
    elif is_table:
        jobtable.show(entries, now, verbose=verbose)
        jobtable.footer(entries, here.config.origin, now)
        if not here.config.jobs:
            table.remark(ADD, indent="")
    else:
        output.tabs(_brief(entry) for entry in entries)


def _brief(entry: Entry) -> list[str]:
    last = entry.last_run
    started, took = (last.started_at, last.duration_seconds) if last else (None, None)
    values = (entry.name, entry.status, entry.schedule, started, took, entry.next_run_at)
    return [cell.plain(value) for value in values]


def _require(tags: Sequence[str], jobs: Iterable[Job]) -> None:
    known = {tag for job in jobs for tag in job.tags}
    for tag in tags:
        if tag not in known:
            raise UnknownError(unknown("tag", tag, known))


def _has_tag(job: Job, tags: Sequence[str]) -> bool:
    return not tags or not set(tags).isdisjoint(job.tags)


def _is_so(entry: Entry, statuses: Sequence[str]) -> bool:
    is_failing = FAILING in statuses and bool(failing_of([entry]))
    return not statuses or entry.status in statuses or is_failing


def _began(entry: Entry) -> datetime:
    last = entry.last_run
    return (last and (last.started_at or last.scheduled_for)) or EARLIEST
