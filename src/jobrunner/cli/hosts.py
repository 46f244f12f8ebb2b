"""`jobrunner hosts`: who shares the ledger."""

from collections.abc import Iterator
from datetime import datetime

import click

from jobrunner.cli import answer, cell, output, table
from jobrunner.cli.caller import asker
from jobrunner.cli.elsewhere import elsewhere
from jobrunner.cli.moment import ago
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.config.spelling import shown
from jobrunner.engine.actions import drain
from jobrunner.engine.report.host import HostRow, Roster, differing, see_hosts
from jobrunner.engine.scene import scene
from jobrunner.words import listed

SIGNS = {"alive": "ok", "silent": "bad", "drained": "paused", "left": "stopped"}
HEADER = ("HOST", "STATE", "RUNNING", "BEAT", "TICK", "VERSION", "CONFIG", "SKEW", "LABELS")
OPTIONAL = ("LABELS", "SKEW", "VERSION", "TICK")
# What a pipe gets, in this order, where no fields are asked for.
PLAIN = (
    *("name", "state", "running", "waiting", "capacity", "last_beat_at", "last_tick_at"),
    *("version", "config", "agrees", "skew_seconds", "labels"),
)
LETTERS = 8


@click.group(invoke_without_command=True)
@json_options("An array of objects.")
@global_options
@click.pass_context
def command(ctx: click.Context, *, as_json: bool, fields: str | None) -> None:
    """List the hosts that share the ledger.

    How each is, what runs there, when it was heard of, and whether all have the same jobs.toml.

    \b
    Examples:
      jobrunner hosts
      jobrunner hosts --json --fields name,state,running
      jobrunner hosts forget web-3
    """
    if ctx.invoked_subcommand is not None:
        return
    settings = ctx.find_object(Globals)
    assert settings is not None
    chosen = answer.chosen_fields(fields, HostRow)
    found = _look(settings)
    if as_json:
        answer.as_json(found.hosts, chosen)
    elif fields or not output.is_terminal():
        names = chosen if fields else PLAIN
        output.tabs([cell.plain(getattr(host, name)) for name in names] for host in found.hosts)
    else:
        _show(found)


@command.command()
@click.argument("host")
@global_options
@click.pass_obj
def forget(settings: Globals, *, host: str) -> None:
    """Remove a host that is gone for good.

    One whose supervisor lives is refused; what it ran stays in the history.

    \b
    Example:
      jobrunner hosts forget web-3
    """
    with scene(settings.config, asker()) as here:
        drain.forget(here, host)
    output.tell(f"{shown(host)} is forgotten.")


def _look(settings: Globals) -> Roster:
    far = elsewhere(settings)
    if far is not None:
        return far.hosts()
    with scene(settings.config, asker()) as here:
        return see_hosts(here, settings.clock.now())


def _show(found: Roster) -> None:
    if not found.hosts:
        output.say("No host has been here yet: the first tick of each makes it known.")
        return
    rows = [
        (
            shown(host.name),
            _state(host, found.at),
            _load(host),
            _ago(host.last_beat_at, found.at),
            _ago(host.last_tick_at, found.at),
            shown(host.version),
            _config(host),
            f"{host.skew_seconds:+.2f}s",
            shown(" ".join(host.labels)) or "-",
        )
        for host in found.hosts
    ]
    states = [SIGNS[host.state] for host in found.hosts]
    # Of one host alone there is nobody to hear its beats, and no clock to differ from.
    without = () if found.is_shared else ("BEAT", "SKEW")
    optional = tuple(name for name in OPTIONAL if name not in without)
    table.show(HEADER, rows, states=states, optional=optional, without=without)
    for remark in _remarks(found):
        table.remark(remark)


def _state(host: HostRow, at: datetime) -> str:
    if host.state == "left" and host.left_at:
        return f"left {ago(host.left_at, at)}"
    drained = f"drained by {shown(host.drained_by)}" if host.drained_at else ""
    return ", ".join(filter(None, (host.state if host.state != "drained" else "", drained)))


def _load(host: HostRow) -> str:
    waiting = f", {host.waiting} wait" if host.waiting else ""
    return f"{host.running} of {host.capacity}{waiting}"


def _ago(moment: datetime | None, at: datetime) -> str:
    return ago(moment, at) if moment else "never"


def _config(host: HostRow) -> str:
    letters = shown(host.config[:LETTERS]) or "-"
    name = f"v{host.config_version}" if host.config_version else letters
    return name if host.agrees else f"{name} !"


def _remarks(found: Roster) -> Iterator[str]:
    if not found.is_shared:
        yield "This ledger is one host's alone."
        return
    if names := differing(found):
        told = shown(listed(names))
        yield f"! another jobs.toml than it should be: {told}. What to do: jobrunner doctor"
    silent = [host.name for host in found.hosts if host.state == "silent"]
    if silent:
        yield f"silent: {shown(listed(silent))}. One that is gone for good: jobrunner hosts forget"
