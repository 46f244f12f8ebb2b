"""`jobrunner stats`: what the runs of each job came to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click
from msgspec import Struct

from jobrunner.cli import answer, cell, hostruns, output, spark, table, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.elsewhere import elsewhere
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.cli.typed import span
from jobrunner.config.spelling import shown
from jobrunner.engine.actions.roof import archive
from jobrunner.engine.figures.hosts import RunsByHost, RunsOfHost, see_by_host
from jobrunner.engine.figures.stats import Figures, growth, see_stats
from jobrunner.engine.past.choose import require
from jobrunner.errors import UnusableError
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
ALONE = "this ledger is one host's alone: what ran on it is in `jobrunner stats`"


@click.command()
@click.argument("jobs", nargs=-1)
@click.option(
    "--since", default="30d", show_default=True, metavar="WHEN", help="7d, or 2026-11-17."
)
@click.option("--by-host", is_flag=True, help="What ran on each host that shares the ledger.")
@json_options("An array of objects.")
@global_options
@click.pass_obj
def command(
    settings: Globals,
    *,
    jobs: tuple[str, ...],
    since: str,
    by_host: bool,
    as_json: bool,
    fields: str | None,
) -> None:
    """Show what the runs of each job came to.

    How many there were, how they ended, what a success took, and whether that grows.  Days are
    whole days of UTC.  A time with ~ is right to a twentieth: not every run is kept.  By host
    only runs that are kept are told, each where it was tried last.

    \b
    Examples:
      jobrunner stats
      jobrunner stats backup --since 7d
      jobrunner stats --json --fields job,p95_seconds,change_percent
      jobrunner stats --by-host --since 7d
    """
    chosen = answer.chosen_fields(fields, RunsOfHost if by_host else Figures)
    now = settings.clock.now()
    begins = span(since, timezone.here().info, now, "--since").first.astimezone(UTC)
    wanted = list(dict.fromkeys(jobs))
    is_seen = output.is_terminal() and not as_json and not fields
    if by_host:
        _by_host(_where(settings, wanted, begins), as_json=as_json, chosen=chosen, is_seen=is_seen)
        return
    far = elsewhere(settings)
    found = far.stats(wanted, begins) if far else _look(settings, wanted, begins, now)
    if as_json:
        answer.as_json(found, chosen)
    elif is_seen:
        _show(found, begins, now)
        hosts = _where(settings, wanted, begins).hosts
        if table.are_many(one.host for one in hosts):
            output.say("")
            hostruns.show(hosts)
    else:
        _tabs(found, chosen if fields else PLAIN)


def _by_host(found: RunsByHost, *, as_json: bool, chosen: Sequence[str], is_seen: bool) -> None:
    if not found.is_shared:
        raise UnusableError(ALONE)
    if as_json:
        answer.as_json(found.hosts, chosen)
    elif not is_seen:
        _tabs(found.hosts, chosen)
    elif found.hosts:
        hostruns.show(found.hosts)
    else:
        table.remark(f"Nothing ended since {found.since:%a %Y-%m-%d} (UTC).", "")


def _tabs(found: Sequence[Struct], names: Sequence[str]) -> None:
    output.tabs([cell.plain(getattr(one, name)) for name in names] for one in found)


def _look(
    settings: Globals, jobs: Sequence[str], begins: datetime, now: datetime
) -> Sequence[Figures]:
    with archive(settings.config, asker()) as here:
        names = [require(name, here.store, here.config.jobs) for name in jobs]
        return see_stats(here, names, begins, now)


def _where(settings: Globals, jobs: Sequence[str], begins: datetime) -> RunsByHost:
    far = elsewhere(settings)
    if far:
        return far.by_host(jobs, begins)
    with archive(settings.config, asker()) as here:
        names = [require(name, here.store, here.config.jobs) for name in jobs]
        return see_by_host(here, names or None, begins)


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
        hostruns.percent(one.success_percent),
        *(f"{count:,}" for count in counts),
        hostruns.took(one.p50_seconds, about),
        hostruns.took(one.p95_seconds, about),
        hostruns.took(one.max_seconds),
        _cpu(one.cpu_seconds),
        spark.line(levels(one.recent_seconds)),
    )


def _cpu(seconds: float) -> str:
    """The hours of many days are told as hours."""
    length = timedelta(seconds=seconds)
    return short(length) if length < DAY else f"{length // HOUR:,}h"
