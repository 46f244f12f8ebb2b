"""`jobrunner history`: past runs."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import TypeVar

import click
import msgspec
from msgspec.structs import replace

from jobrunner.cli import answer, cell, output, timezone
from jobrunner.cli.elsewhere import scene_of
from jobrunner.cli.history_table import View, show
from jobrunner.cli.option import Globals, global_options
from jobrunner.cli.typed import span
from jobrunner.config.spelling import unknown
from jobrunner.engine.actions.roof import archive
from jobrunner.engine.past.choose import require
from jobrunner.engine.past.rows import PAGE, RunRow, Wanted, row, runs
from jobrunner.engine.scene import Scene
from jobrunner.errors import UnknownError
from jobrunner.model.run import State, Trigger

Word = TypeVar("Word", State, Trigger)

FEW = 20
TICK = timedelta(microseconds=1)
# What a pipe gets, in this order, where no fields are asked for.
PLAIN = (
    "id",
    "job",
    "scheduled_for",
    "trigger",
    "state",
    "attempts",
    "started_at",
    "finished_at",
    "duration_seconds",
    "exit_code",
    "reason",
)


@click.command()
@click.argument("jobs", nargs=-1)
@click.option("-n", "--limit", type=click.IntRange(min=1), help=f"How many; {FEW} if not said.")
@click.option("--all", "is_whole", is_flag=True, help="All there are.")
@click.option("--status", multiple=True, help="Only in these states, separated by commas.")
@click.option("--since", metavar="WHEN", help="7d, 2026-11-17, or with a time.")
@click.option("--until", metavar="WHEN", help="As --since; a day is meant with its end.")
@click.option("--trigger", help="Only those that this asked for.")
@click.option("--host", help="Only what ran on this host last.")
@click.option("--tag", multiple=True, help="Only of jobs with one of these tags.")
@click.option("--json", "as_json", is_flag=True, help="An array of objects, newest first.")
@click.option("--ndjson", is_flag=True, help="An object a line, as they are read.")
@click.option("--fields", help="Only these fields, separated by commas.")
@click.option("--no-pager", is_flag=True, help="Do not page what does not fit on the screen.")
@global_options
@click.pass_obj
def command(
    settings: Globals,
    *,
    jobs: tuple[str, ...],
    limit: int | None,
    is_whole: bool,
    status: tuple[str, ...],
    since: str | None,
    until: str | None,
    trigger: str | None,
    host: str | None,
    tag: tuple[str, ...],
    as_json: bool,
    ndjson: bool,
    fields: str | None,
    no_pager: bool,
) -> None:
    """Show past runs.

    Newest first, with the slots that did not run.  Without JOBS of every job, with them of these,
    also of those that are no longer in jobs.toml.

    \b
    Examples:
      jobrunner history backup -n 5
      jobrunner history --status failed,timeout --since 7d
      jobrunner history --all --ndjson
    """
    chosen = answer.chosen_fields(fields, RunRow)
    if is_whole and limit:
        raise click.UsageError("--all and --limit exclude one another.")
    now, zone = settings.clock.now(), timezone.here().info
    wanted = Wanted(
        states=_each(State, status, "state"),
        trigger=next(iter(_each(Trigger, (trigger,) if trigger else (), "trigger")), None),
        host=host,
        since=span(since, zone, now, "--since").first if since else None,
        until=span(until, zone, now, "--until").last + TICK if until else None,
    )
    most = None if is_whole else limit or FEW
    with scene_of(settings, archive) as here:
        wanted = replace(wanted, jobs=_names(here, jobs, tag))
        if output.is_terminal() and not (fields or as_json or ndjson):
            view = View(here=here, jobs=wanted.jobs, zone=zone, now=now)
            found = runs(here.store, wanted)
            show(view, found, most, paged=is_whole and not no_pager)
        else:
            found = islice(runs(here.store, wanted, most or PAGE), most)
            rows = (row(run, here.config.jobs.get(run.job), zone) for run in found)
            _tell(rows, chosen, chosen if fields else PLAIN, as_json=as_json, ndjson=ndjson)


def _tell(
    rows: Iterator[RunRow],
    fields: Sequence[str],
    plain: Sequence[str],
    *,
    as_json: bool,
    ndjson: bool,
) -> None:
    """The rows for another program."""
    if as_json:
        answer.as_json([*rows], fields)
    elif ndjson:
        for each in rows:
            told = cell.builtins(each)
            output.say(msgspec.json.encode({name: told[name] for name in fields}).decode())
    else:
        output.tabs([cell.plain(getattr(each, name)) for name in plain] for each in rows)


# -- what is wanted


def _names(here: Scene, jobs: Sequence[str], tags: Sequence[str]) -> tuple[str, ...] | None:
    """The jobs to tell of; None for every one."""
    declared = here.config.jobs
    named = [require(name, here.store, declared) for name in jobs]
    if not tags:
        return tuple(named) or None
    known = {tag for job in declared.values() for tag in job.tags}
    for tag in tags:
        if tag not in known:
            raise UnknownError(unknown("tag", tag, known))
    tagged = [job.name for job in declared.values() if not set(tags).isdisjoint(job.tags)]
    return tuple(name for name in tagged if not named or name in named)


def _each(kind: type[Word], words: Iterable[str], what: str) -> tuple[Word, ...]:
    """The states or triggers that an option names."""
    found = []
    for word in (word.strip() for text in words for word in text.split(",")):
        if word not in list(kind):
            known = f"There are: {' '.join(kind)}"
            raise click.UsageError(f"{unknown(what, word, list(kind))}\n{known}")
        found.append(kind(word))
    return tuple(found)
