"""`jobrunner install`: has cron or systemd tick every minute."""

import os
import shlex
import sys
from datetime import datetime

import click

from jobrunner.cli import output, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options, manner
from jobrunner.cli.serve import require_extra
from jobrunner.cli.table import columns
from jobrunner.config.spelling import shown
from jobrunner.engine import ticker
from jobrunner.engine.draft.site import program as near_program
from jobrunner.engine.install import cron, systemd
from jobrunner.engine.install.first import PATIENCE, Ticked, first_tick
from jobrunner.engine.install.guard import guarded
from jobrunner.engine.install.order import Order, Page, order
from jobrunner.engine.install.place import Places
from jobrunner.engine.install.program import check_lasting, check_trusted, this_program
from jobrunner.engine.load import load
from jobrunner.engine.location import location
from jobrunner.engine.scene import host_of
from jobrunner.engine.serving.door import door_of
from jobrunner.errors import JobrunnerError
from jobrunner.model.settings import Serve
from jobrunner.words import listed, numbered

KINDS = ("cron", "systemd")
REMARKS = {
    "-supervisor.service": "looks after jobs, Delegate=yes, KillMode=process",
    "-serve.service": "the page and the API, User={page}",
    ".path": "starts that one when a tick asks for it",
    ".service": "oneshot, User={user}, KillMode=process",
    ".timer": "every minute, AccuracySec=1s",
}
NOTHING_DONE = "(nothing done: --dry-run)"


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--user", "own", is_flag=True, help="Your own units or crontab, also as root.")
@click.option("--serve", is_flag=True, help="A service for the web page, too.")
@click.option("--dry-run", is_flag=True, help="Tell what would be written, and write nothing.")
@click.option("--print", "is_printed", is_flag=True, help="Show the files, and write nothing.")
@click.option("--no-wait", is_flag=True, help="Do not wait for the first tick.")
@global_options
@click.pass_obj
def command(
    settings: Globals,
    *,
    kind: str,
    own: bool,
    serve: bool,
    dry_run: bool,
    is_printed: bool,
    no_wait: bool,
) -> int:
    """Have cron or systemd look every minute what is due.

    For root it is the host's ticker, a file of /etc/cron.d or units of the system; for others, and
    with --user, a line in their crontab or units of theirs.  There may be one ticker for each
    jobs.toml.

    \b
    Examples:
      sudo jobrunner install systemd
      jobrunner install cron
      jobrunner install systemd --user --print
      sudo jobrunner install systemd --serve
    """
    who, places = asker(), Places()
    is_host = not own and (who.uid == 0 or kind == "systemd")
    program = this_program(who.cwd)
    wanted = order(settings.config, who, program, is_host=is_host)
    if serve:
        _check_page(kind, wanted, load(wanted.config, who).serve)
    if serve or (kind == "systemd" and systemd.is_served(wanted, places)):
        wanted = order(settings.config, who, program, is_host=is_host, is_served=True)
    if is_printed or dry_run:
        show = _print if is_printed else _preview
        show(kind, wanted, places)
        _tell_secrets(wanted, kind)
        return 0
    if kind == "systemd":
        systemd.check_rights(wanted, places)
    check_lasting(program, who.environ)
    check_trusted(program, wanted.uid)
    now = settings.clock.now()
    with guarded(who):
        there = ticker.installed(ticker.this_host())
        if kind == "cron":
            is_new = _told_line(cron.install(wanted, places, there), wanted)
        else:
            is_new = _told_units(systemd.install(wanted, places, there), wanted)
    _warn(wanted, kind)
    _tell_secrets(wanted, kind)
    if wanted.page and is_new:
        _tell_page(wanted, wanted.page)
    return _wait(kind, wanted, places, settings, now) if is_new and not no_wait else 0


def _check_page(kind: str, wanted: Order, serve: Serve) -> None:
    """Refuse a service that could not begin, or that nobody would look after."""
    if kind == "cron":
        raise JobrunnerError(
            "cron looks after no services, and so not after the page.\n"
            "Leave out --serve, and have what starts services on this host start:\n"
            f"  {shlex.join(wanted.serve)}"
        )
    require_extra()
    door_of(serve).check()


def _print(kind: str, wanted: Order, places: Places) -> None:
    if kind == "systemd":
        texts = systemd.planned(wanted, places)
    else:
        lined = cron.planned(wanted, places)
        texts = {lined.path: cron.text_of(lined) if lined.path else lined.line}
    for number, (path, text) in enumerate(texts.items()):
        heading = f"# {path}\n" if path else ""
        output.say(f"{chr(10) * bool(number)}{heading}{text}".rstrip("\n"))


def _preview(kind: str, wanted: Order, places: Places) -> None:
    if kind == "cron":
        lined = cron.planned(wanted, places)
        where = lined.path or f"one line to the crontab of {wanted.user}"
        verb = "Would write" if lined.path else "Would add"
        output.say(f"{verb} {where} {NOTHING_DONE}:\n  {lined.line}")
        return
    output.say(f"Would write {NOTHING_DONE}:")
    paths = systemd.planned(wanted, places)
    rows = {path: _remark(path, wanted) for path in paths}
    width = max(map(len, paths))
    is_wide = width + max(map(len, rows.values())) + len("    ") <= columns()
    for path, remark in rows.items():
        output.say(f"  {path:{width}}  {remark}" if is_wide else f"  {path}\n    {remark}")
    output.say(f"Would run: {'; '.join(map(' '.join, systemd.commands(wanted, places)))}")
    page = "" if wanted.page else f" Add --serve for {wanted.name}-serve.service."
    own = "" if not wanted.is_host else " Your own user: --user"
    output.say(f"Show the files: --print.{page}{own}")


def _remark(path: str, wanted: Order) -> str:
    remark = next(remark for end, remark in REMARKS.items() if path.endswith(end))
    return remark.format(user=wanted.user, page=wanted.page and wanted.page.user)


def _told_line(lined: cron.Lined, wanted: Order) -> bool:
    where = lined.path or f"the crontab of {wanted.user}"
    if not lined.is_new:
        output.tell(f"Nothing to do: {where} has it already:\n  {shown(lined.line)}")
        _tell_trouble(lined.trouble)
        return False
    if lined.path:
        output.tell(f"Wrote {shown(where)}:")
    else:
        output.tell(f"Added one line to {where}{_others(lined.others)}:")
    output.tell(f"  {shown(lined.line)}")
    if lined.revived:
        output.aside(
            f"Note: the line before it had no end, and cron did not read it; now it does:\n"
            f"  {shown(lined.revived)}"
        )
    return True


def _others(number: int) -> str:
    if not number:
        return ""
    rest = "line is" if number == 1 else f"{number:,} lines are"
    return f" (the other {rest} unchanged; copy kept)"


def _told_units(wrote: systemd.Wrote, wanted: Order) -> bool:
    for path in wrote.kept:
        output.tell(f"Kept {shown(path)}, which was changed by hand.")
    if not wrote.is_lingering:
        output.tell(
            f"Ticks stop when {wanted.user} logs out. To have them go on:"
            f" sudo loginctl enable-linger {wanted.user}"
        )
    if not wrote.units and not wrote.trouble:
        output.tell(f"Nothing to do: {wrote.timer} is installed already.")
        return False
    verb = f"Wrote {numbered(len(wrote.units), 'unit')}, enabled" if wrote.units else "Enabled"
    page = f" and {wanted.name}-serve.service" if wanted.page else ""
    output.tell(f"{verb} {wrote.timer}{page}.")
    return True


def _tell_trouble(trouble: str) -> None:
    if trouble:
        output.aside(f"But {shown(trouble)}")


def _tell_page(wanted: Order, page: Page) -> None:
    serve = load(wanted.config, asker()).serve
    us = near_program(wanted.config, asker())
    as_him = "" if page.uid == wanted.asker else f"sudo -u {page.user} "
    output.tell(
        f"The page: {door_of(serve).origin(serve.port)}{serve.base_path}\n"
        f"  A token for it: {as_him}{us} token create --role admin --name NAME"
    )


def _warn(wanted: Order, kind: str) -> None:
    if wanted.strangers:
        names = listed(wanted.strangers[:5])
        output.aside(
            f"Note: {shown(names)} want to run as another user than {wanted.user}, which only"
            " root's ticker can.\n"
            " Jobs without `user` run as root then:\n"
            f"  {ticker.rooting(wanted.state.folder)} {kind}"
        )


def _tell_secrets(wanted: Order, kind: str) -> None:
    """Whatever holds a secret is not ours to write down."""
    if not wanted.wanted:
        return
    names = listed(wanted.wanted)
    if kind == "cron":
        output.aside(
            f"Note: cron does not set {names}, which [settings] names. Have it in a file instead:"
            " store_file, heartbeat_file, claims_file"
        )
    elif not os.path.lexists(wanted.secrets):
        reader = "root" if wanted.is_host else wanted.user
        output.aside(
            f"Note: {names} of [settings] is read from {shown(wanted.secrets)}, which is not there"
            f" yet.\n One line each, NAME=VALUE, and readable by {reader} alone: chmod 600"
        )


def _wait(kind: str, wanted: Order, places: Places, settings: Globals, since: datetime) -> int:
    place = _ticked(wanted)
    if place is None:
        return 0
    _begin_line("Waiting for the first tick ... ")
    came = first_tick(place, since, settings.clock)
    if came is None:
        output.tell("none came.")
        _explain(kind, wanted)
        return 1
    took = systemd.duration(wanted, places, settings.clock) if kind == "systemd" else None
    output.tell(f"{output.sign('ok')} {_when(came, took)}")
    is_root = wanted.asker == 0
    own = " --user" if is_root and not wanted.is_host else ""
    us = near_program(wanted.config, asker())
    undo = f"{'sudo ' * is_root}{us} uninstall {kind}{own}"
    output.tell(f"  look: {us} list   undo: {undo}   check: {us} doctor")
    return 0


def _ticked(wanted: Order) -> Ticked | None:
    """Where its ticks will be noted, if that can be known to who installs."""
    config = load(wanted.config, asker())
    try:
        return Ticked(location(config.settings, wanted.state), host_of(config.settings))
    except JobrunnerError as error:
        output.aside(f"The first tick is not waited for: {error}")
        return None


def _begin_line(text: str) -> None:
    if not manner().quiet:
        click.echo(output.showable(text, sys.stdout), nl=False)


def _when(came: datetime, took: float | None) -> str:
    """The time of a tick, and how long it took, where somebody has measured that."""
    there = came.astimezone(timezone.here().info)
    late = f"{there.second + there.microsecond / 1e6:.1f}s after the minute"
    return f"{there:%H:%M:%S %Z}, {late if took is None else f'{took * 1000:.0f} ms'}"


def _explain(kind: str, wanted: Order) -> None:
    seconds = f"{PATIENCE.total_seconds():.0f} s"
    if kind == "cron":
        advice = "Is cron running? systemctl status cron, or: pgrep cron"
    else:
        option = "" if wanted.is_host else "--user "
        unit = f"{wanted.name}.service"
        advice = f"What it says: systemctl {option}status {unit}; journalctl {option}-u {unit}"
    output.complain(f"it is installed, but nothing ticked for {seconds}.\n{advice}")
