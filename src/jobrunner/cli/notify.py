"""`jobrunner notify`: the channels that hear of jobs."""

import os
from datetime import datetime

import click

from jobrunner.cli import answer, cell, moment, output, table, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.config.spelling import shown
from jobrunner.engine.actions.probe import known, probe
from jobrunner.engine.plan import current
from jobrunner.engine.report.channels import ChannelEntry, see_channels
from jobrunner.engine.scene import scene
from jobrunner.words import numbered

HEADER = ("CHANNEL", "WAY", "JOBS", "LAST SENT", "WAITING", "GIVEN UP")
BRIEF = ("name", "way", "status", "last_sent_at", "waiting", "failed")
SIGNS = {"ok": "ok", "failing": "bad", "unused": "note"}
NONE = "No channel is declared. One is a table such as [notify.ops]; see: jobrunner help alerts"


@click.group()
@global_options
def command() -> None:
    """Try the channels that hear of jobs, and see how they are.

    \b
    Examples:
      jobrunner notify list
      jobrunner notify test ops
    """


@command.command(name="list")
@json_options("An array of objects.")
@global_options
@click.pass_obj
def show(settings: Globals, *, as_json: bool, fields: str | None) -> None:
    """Show the channels, what they were sent, and what waits.

    In a pipe: name, way, status, last sent, waiting, given up.

    \b
    Examples:
      jobrunner notify list
      jobrunner notify list --json --fields name,status,last_error
    """
    chosen = answer.chosen_fields(fields, ChannelEntry)
    is_table = not (as_json or fields) and output.is_terminal()
    now = settings.clock.now()
    with scene(settings.config, asker()) as here:
        entries = see_channels(here.config, here.store.channel_figures())
    if as_json:
        answer.as_json(entries, chosen)
    elif not is_table:
        names = chosen if fields else BRIEF
        output.tabs([cell.plain(getattr(each, name)) for name in names] for each in entries)
    elif entries:
        _table(entries, now)
    else:
        table.remark(NONE, indent="")


@command.command()
@click.argument("channel")
@global_options
@click.pass_obj
def test(settings: Globals, *, channel: str) -> None:
    """Send a test message to a channel, now.

    It goes from here, with what this user may read, and is not kept.  Exits with 1 if it is not
    taken.

    \b
    Example:
      jobrunner notify test ops
    """
    config = current(settings.config, asker())
    said = probe(known(config, channel), config, os.environ, settings.clock.now())
    output.say(f"{output.sign('ok')} {shown(channel)}: sent, {shown(said)}")


def _table(entries: list[ChannelEntry], now: datetime) -> None:
    table.show(
        HEADER,
        [_row(each, now) for each in entries],
        states=[SIGNS[each.status] for each in entries],
        below=[_below(each, now) for each in entries],
        optional=("GIVEN UP", "JOBS", "WAY"),
    )
    unused = [each.name for each in entries if each.status == "unused"]
    if unused:
        table.remark(f"Never used; try it: jobrunner notify test {shown(unused[0])}", indent=" ")


def _row(each: ChannelEntry, now: datetime) -> list[str]:
    last = moment.ago(each.last_sent_at, now) if each.last_sent_at else "never"
    jobs = f"{len(each.jobs):,}" if each.jobs else "-"
    return [shown(each.name), each.way, jobs, last, f"{each.waiting:,}", f"{each.failed:,}"]


def _below(each: ChannelEntry, now: datetime) -> list[str]:
    if not each.last_error:
        return []
    again = ""
    if each.tries and each.next_at:
        at = moment.near(each.next_at, now, timezone.here().info)
        again = f"; tried {numbered(each.tries, 'time')}, again at {at}"
    return [f"{shown(each.last_error)}{again}"]
