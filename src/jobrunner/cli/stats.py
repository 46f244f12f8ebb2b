"""`jobrunner stats`: what the runs of each job came to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click

from jobrunner.cli import answer, cell, output, spark, table, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.elsewhere import elsewhere
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.cli.typed import span
from jobrunner.config.spelling import shown
from jobrunner.engine.actions.roof import archive
from jobrunner.engine.figures.stats import Figures, growth, see_stats
from jobrunner.engine.past.choose import require
from jobrunner.policy.trend import levels
from jobrunner.words import short

HEADER = (
    "JOB",
    "RUNS",
    "OK",
    "FAIL",
    "TIME",
    "MISS",
    "SKIP",
    "p50",
    "p95",
    "MAX",
    "CPU",
    "TREND",
)
# Where there is no room, these go first.
OPTIONAL = ("CPU", "MAX", "SKIP", "MISS", "TREND", "TIME")
# What a pipe gets, in this order, where no fields are asked for.
PLAIN = (
    "job",
    "runs",
    "success_percent",
    "failed",
    "lost",
    "timeout",
    "missed",
    "skipped",
    "p50_seconds",
    "p95_seconds",
    "max_seconds",
    "cpu_seconds",
    "change_percent",
)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@click.command()
@click.argument("jobs", nargs=-1)
@click.option(
    "--since", default="30d", show_default=True, metavar="WHEN", help="7d, or 2026-11-17."
)
@json_options("An array of objects.")
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
    """Show what the runs of each job came to.

    How many there were, how they ended, what a success took, and whether that grows.  Days are
    whole days of UTC.  A time with ~ is right to a twentieth: not every run is kept.

    \b
    Examples:
      jobrunner stats
      jobrunner stats backup --since 7d
      jobrunner stats --json --fields job,p95_seconds,change_percent
    """
    chosen = answer.chosen_fields(fields, Figures)
    now = settings.clock.now()
    begins = span(since, timezone.here().info, now, "--since").first.astimezone(UTC)
    wanted = list(dict.fromkeys(jobs))
    far = elsewhere(settings)
    found = far.stats(wanted, begins) if far else _look(settings, wanted, begins, now)
    if as_json:
        answer.as_json(found, chosen)
    elif output.is_terminal() and not fields:
        _show(found, begins, now)
    else:
        names = list(chosen if fields else PLAIN)
        output.tabs([cell.plain(getattr(one, name)) for name in names] for one in found)


def _look(
    settings: Globals, jobs: Sequence[str], begins: datetime, now: datetime
) -> Sequence[Figures]:
    with archive(settings.config, asker()) as here:
        names = [require(name, here.store, here.config.jobs) for name in jobs]
        return see_stats(here, names, begins, now)


def _show(found: Sequence[Figures], begins: datetime, now: datetime) -> None:
    if not found:
        table.remark(f"Nothing ran and nothing was due since {begins:%a %Y-%m-%d} (UTC).", "")
        return
    table.show(HEADER, [_row(one) for one in found], optional=OPTIONAL)
    for one in found:
        if told := growth(one, now):
            table.beside(" ", f"{shown(one.job)} is getting slower: {told}")
    if not all(one.exact for one in found):
        table.remark("~ within a twentieth: not every run of that time is kept.", indent=" ")


def _row(one: Figures) -> tuple[str, ...]:
    about = "" if one.exact else "~"
    counts = (one.failed + one.lost, one.timeout, one.missed, one.skipped)
    return (
        one.job,
        f"{one.runs:,}",
        _percent(one.success_percent),
        *(f"{count:,}" for count in counts),
        _took(one.p50_seconds, about),
        _took(one.p95_seconds, about),
        _took(one.max_seconds),
        _cpu(one.cpu_seconds),
        spark.line(levels(one.recent_seconds)),
    )


def _percent(percent: float | None) -> str:
    """Rounded down: 100% is said where nothing failed, and nowhere else."""
    if percent is None:
        return "-"
    return "100%" if percent == 100 else f"{int(percent * 100) / 100:.2f}%"  # noqa: PLR2004 - per cent


def _took(seconds: float | None, about: str = "") -> str:
    return "-" if seconds is None else about + short(timedelta(seconds=seconds))


def _cpu(seconds: float) -> str:
    """The hours of many days are told as hours."""
    length = timedelta(seconds=seconds)
    return short(length) if length < DAY else f"{length // HOUR:,}h"
