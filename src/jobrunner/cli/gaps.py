"""`jobrunner gaps`: the slots that did not run, and the times without ticks."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

import click

from jobrunner.cli import answer, cell, output, table, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.cli.typed import span
from jobrunner.config.spelling import shown
from jobrunner.engine.actions.roof import archive
from jobrunner.engine.figures.gaps import Gaps, Stretch, cost, see_gaps, silent_for
from jobrunner.engine.past import tell
from jobrunner.engine.past.choose import require
from jobrunner.words import short

SIGNS = {"no_tick": "bad", "missed": "missed", "skipped": "skipped"}
NO_TICKER = "No tick has run yet. Is a ticker installed? jobrunner status"


@click.command()
@click.argument("jobs", nargs=-1)
@click.option("--since", default="7d", show_default=True, metavar="WHEN", help="24h, 2026-11-17.")
@json_options("An array of objects, oldest first.")
@global_options
@click.pass_obj
def command(
    settings: Globals,
    *,
    jobs: tuple[str, ...],
    since: str,
    as_json: bool,
    fields: str | None,
) -> None:
    """Show the slots that did not run, and when no tick came.

    Oldest first, by when they were found.  Slots of a job that were left out for the same reason
    one after the other are one line; a time without ticks has what it cost.

    \b
    Examples:
      jobrunner gaps
      jobrunner gaps backup --since 30d
      jobrunner gaps --json --fields kind,job,since,slots
    """
    chosen = answer.chosen_fields(fields, Stretch)
    now, zone = settings.clock.now(), timezone.here().info
    begins = span(since, zone, now, "--since").first
    with archive(settings.config, asker()) as here:
        names = [require(name, here.store, here.config.jobs) for name in dict.fromkeys(jobs)]
        found = see_gaps(here, names or None, begins, now, zone)
    if as_json:
        answer.as_json(found.stretches, chosen)
    elif output.is_terminal() and not fields:
        _show(found, begins, zone)
    else:
        output.tabs([cell.plain(getattr(one, n)) for n in chosen] for one in found.stretches)


def _show(found: Gaps, begins: datetime, zone: tzinfo) -> None:
    since = tell.day_and_time(begins, zone, with_zone=True)
    if not found.ever_ticked:
        table.remark(NO_TICKER, indent="")
    if not found.stretches:
        output.say(f"{output.sign('ok')} No slot was left out since {since}.")
        return
    there = _shown_in(found.stretches, zone)
    names = {one.since.astimezone(there).tzname() or "" for one in found.stretches}
    header = (f"SINCE ({'/'.join(sorted(names))})", "UNTIL", "JOB", "SLOTS", "WHAT")
    rows = [_row(one, there) for one in found.stretches]
    table.show(header, rows, states=[SIGNS[one.kind] for one in found.stretches])
    for line in _footer(found.stretches, since):
        table.remark(line)


def _shown_in(stretches: Sequence[Stretch], zone: tzinfo) -> tzinfo:
    """Several jobs are shown in the host's zone, one job in its own, as its history is."""
    own = {one.job: one.since.tzinfo for one in stretches if one.job}
    return timezone.seen(own.popitem()[1] if len(own) == 1 else zone)


def _row(one: Stretch, zone: tzinfo) -> tuple[str, ...]:
    since, until = (moment.astimezone(zone) for moment in (one.since, one.until))
    same_day = since.date() == until.date()
    ends = f"{until:%H:%M}" if same_day else f"{until:%a %Y-%m-%d %H:%M}"
    return (
        f"{since:%a %Y-%m-%d %H:%M}",
        "now" if one.lasts else ends * (since != until),
        shown(one.job or "-"),
        f"{one.slots:,}",
        cost(one) if one.job is None else f"{one.kind}: {shown(one.reason)}",
    )


def _footer(stretches: Sequence[Stretch], since: str) -> list[str]:
    of_jobs = [one for one in stretches if one.job is not None]
    silences = len(stretches) - len(of_jobs)
    counts = [
        f"{sum(one.missed for one in of_jobs):,} missed",
        f"{sum(one.skipped for one in of_jobs):,} skipped",
    ]
    silent = f"; no tick for {short(silent_for(stretches))} in all" if silences else ""
    lines = [f"Slots since {since}: {', '.join(counts)}{silent}."]
    last = next(reversed(of_jobs), None)
    if last and last.job:
        lines.append(f'Why: jobrunner why {last.job} --at "{last.until:%Y-%m-%d %H:%M}"')
    return lines
