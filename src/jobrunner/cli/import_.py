"""`jobrunner import`: jobs of other schedulers into jobs.toml."""

import sys
from collections.abc import Sequence
from pathlib import PurePath

import click

from jobrunner.cli import output
from jobrunner.cli.caller import asker
from jobrunner.cli.intake import Command, Remains, Say, show, tell_taken
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.crontab import Style
from jobrunner.engine.move import arrival, tab
from jobrunner.engine.move.tab import Tab
from jobrunner.engine.move.take import Move, Retired
from jobrunner.jobfile.place import Asker
from jobrunner.words import numbered

PIPE = "-"


@click.group()
@global_options
def command() -> None:
    """Take over the jobs of another scheduler.

    What is read becomes jobs at the end of jobs.toml, and all that will not be as it was is told.
    With --dry-run nothing is written.

    \b
    Examples:
      jobrunner import crontab --dry-run
      sudo jobrunner import crontab --user deploy --disable-old
      jobrunner import systemd backup.timer
      jobrunner import yacron /etc/yacron.d/jobs.yaml
    """


@command.command()
@click.argument("file", required=False)
@click.option("--user", help="The crontab that cron keeps for this user.")
@click.option("--system", is_flag=True, help="/etc/crontab and the files of /etc/cron.d.")
@click.option(
    "--style",
    type=click.Choice(["user", "system"]),
    help="Whether lines of FILE name a user; else by its place.",
)
@click.option("--disable-old", is_flag=True, help="Comment the old lines out, and keep a copy.")
@click.option("--dry-run", is_flag=True, help="Show what would be written.")
@click.option("--json", "as_json", is_flag=True, help="An array of objects, one a line read.")
@global_options
@click.pass_obj
def crontab(
    settings: Globals,
    *,
    file: str | None,
    user: str | None,
    system: bool,
    style: Style | None,
    disable_old: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take over a classic crontab.

    Without FILE, --user or --system it is your own, as `crontab -l` shows it.  FILE - is standard
    input.  A line that cron itself ignores is left out.  Until the old lines are disabled, cron
    goes on running them.

    \b
    Examples:
      jobrunner import crontab --dry-run
      jobrunner import crontab /etc/cron.d/shop --disable-old
      sudo jobrunner import crontab --user deploy --disable-old
    """
    if sum((file is not None, user is not None, system)) > 1:
        raise click.UsageError("FILE, --user and --system are three places: give one")
    if file == PIPE and disable_old:
        raise click.UsageError("--disable-old needs a crontab of cron's or a file")
    who, now = asker(), settings.clock.now()
    move = Move(settings.config, who)
    tabs = _tabs(file, user, style, who, system=system)
    readings = arrival.crontabs(tabs, move.taken)
    pairs = [(one, reading.old) for one, reading in zip(tabs, readings, strict=True) if reading.old]
    is_takeover = disable_old and not dry_run
    if is_takeover:
        move.check_able(readings)
    copies = [move.keep(one, now) for one, _ in pairs] if is_takeover else []
    taken = move.take(readings, is_dry=dry_run)
    show(taken, as_json=as_json)
    say = output.aside if as_json else output.tell
    for (one, lines), copy in zip(pairs, copies, strict=False):
        _tell_retired(move.retire(one, lines, copy, taken), say)
    remains = None
    if not is_takeover and file != PIPE:
        remains = Remains(sum(len(lines) for _, lines in pairs), f"{move.state}/import")
    place = ["--system"] if system else ["--user", user] if user else [file] if file else []
    how = ["--style", style] if style else []
    typed = Command(["crontab", *place, *how], who.environ)
    tell_taken(taken, typed, remains, is_dry=dry_run, say=say)


@command.command(short_help="Take over the jobs of yacron's configuration.")
@click.argument("file")
@click.option("--dry-run", is_flag=True, help="Show what would be written.")
@click.option("--json", "as_json", is_flag=True, help="An array of objects, one a job read.")
@global_options
@click.pass_obj
def yacron(settings: Globals, *, file: str, dry_run: bool, as_json: bool) -> None:
    """Take over the jobs of yacron's configuration, a file or a folder of *.yaml.

    Needs the extra "yaml".

    \b
    Example:
      jobrunner import yacron /etc/yacron.d/jobs.yaml --dry-run
    """
    who = asker()
    source = arrival.yacron(file, who)
    words = ["yacron", file]
    _import(settings, who, words, source, "stop yacron", is_dry=dry_run, as_json=as_json)


@command.command()
@click.argument("unit")
@click.option("--user", "is_user", is_flag=True, help="A unit of your own service manager.")
@click.option("--dry-run", is_flag=True, help="Show what would be written.")
@click.option("--json", "as_json", is_flag=True, help="An array of objects, one a unit read.")
@global_options
@click.pass_obj
def systemd(settings: Globals, *, unit: str, is_user: bool, dry_run: bool, as_json: bool) -> None:
    """Take over a timer and its service.

    UNIT is the timer's name, or the path of its file.  Its drop-ins count.

    \b
    Examples:
      jobrunner import systemd backup.timer --dry-run
      jobrunner import systemd ./units/backup.timer
    """
    who = asker()
    source = arrival.systemd(unit, who, is_user=is_user)
    mine = ["--user"] if is_user else []
    timer = f"{PurePath(unit).name.removesuffix('.timer')}.timer"
    farewell = f"systemctl {'--user ' if is_user else ''}disable --now {timer}"
    words = ["systemd", unit, *mine]
    _import(settings, who, words, source, farewell, is_dry=dry_run, as_json=as_json)


def _tell_retired(retired: Retired, say: Say) -> None:
    say(f"Commented out {numbered(retired.lines, 'line')} of {retired.title}")
    say(f"  as it was: {retired.copy}\n  undo: {retired.undo}")


def _tabs(
    file: str | None, user: str | None, style: Style | None, who: Asker, *, system: bool
) -> Sequence[Tab]:
    if system:
        return tab.of_system(who)
    if file == PIPE:
        return [tab.of_pipe(sys.stdin.buffer.read(), style)]
    if file is not None:
        return [tab.of_file(file, style, who)]
    return [tab.of_user(user or "", who)]


def _import(
    settings: Globals,
    who: Asker,
    words: Sequence[str],
    source: arrival.Source,
    farewell: str,
    *,
    is_dry: bool,
    as_json: bool,
) -> None:
    move = Move(settings.config, who)
    taken = move.take(source(move.taken), is_dry=is_dry)
    show(taken, as_json=as_json)
    say = output.aside if as_json else output.tell
    tell_taken(taken, Command(words, who.environ), None, is_dry=is_dry, say=say)
    if taken.draft and not is_dry:
        say(f"{output.sign('note')} Until it is stopped, both run the jobs: {farewell}")
