"""`jobrunner uninstall`: has cron or systemd tick no more."""

from collections.abc import Sequence

import click

from jobrunner.cli import output
from jobrunner.cli.caller import asker
from jobrunner.cli.install import KINDS
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.spelling import shown
from jobrunner.engine import ticker
from jobrunner.engine.draft.site import main_file
from jobrunner.engine.install import cron, systemd
from jobrunner.engine.install.guard import guarded
from jobrunner.engine.install.order import order_back
from jobrunner.engine.install.place import Places
from jobrunner.engine.install.program import this_program
from jobrunner.words import numbered

BUSY = 6


@click.command()
@click.argument("kind", type=click.Choice(KINDS), required=False)
@click.option("--user", "own", is_flag=True, help="Your own units or crontab, also as root.")
@global_options
@click.pass_obj
def command(settings: Globals, *, kind: str | None, own: bool) -> int:
    """Take away what `install` has put there; jobs that run go on.

    Crontab and units are as they were before.  What somebody changed by hand stays, and is told.

    \b
    Examples:
      sudo jobrunner uninstall systemd
      jobrunner uninstall
    """
    who = asker()
    kinds = [kind] if kind else KINDS
    with guarded(who):
        done = [_undone(each, settings.config, own=own) for each in kinds]
    if all(code is None for code in done):
        _tell_nothing(kinds, settings.config)
    return max(code or 0 for code in done)


def _tell_nothing(kinds: Sequence[str], config: str | None) -> None:
    output.tell(f"Nothing to do: {' and '.join(kinds)} have nothing that install put there.")
    path = main_file(config, asker())
    for each in ticker.seeing_to(ticker.installed(ticker.this_host()), path):
        output.tell(f"  {shown(each.told)} ticks for {shown(path)}: {each.removal}")


def _undone(kind: str, config: str | None, *, own: bool) -> int | None:
    """The exit code; None if there was nothing to undo."""
    who, places = asker(), Places()
    is_host = who.uid == 0 and not own
    wanted = order_back(config, who, this_program(who.cwd), is_host=is_host)
    if kind == "cron":
        there = ticker.installed(ticker.this_host())
        return _told_line(cron.uninstall(wanted, places, there), wanted.user)
    return _told_units(systemd.uninstall(wanted, places))


def _told_line(undone: cron.Unlined | None, user: str) -> int | None:
    if undone is None:
        return None
    if undone.kept:
        output.complain(
            f"{shown(undone.kept)} was changed by hand, and is kept.\n"
            "It goes on. To end it: crontab -e, or remove the file"
        )
        return BUSY
    if undone.path:
        output.tell(f"Removed {shown(undone.path)}.")
    else:
        rest = "which is as it was before" if undone.is_as_before else "the rest is unchanged"
        if undone.is_ended:
            rest += " but for an end of the last line, without which crontab takes none"
        output.tell(f"Removed one line from the crontab of {user}, {rest}.")
    if undone.retired:
        _tell_retired(undone.retired)
    return 0


def _tell_retired(lines: int) -> None:
    there = f"{numbered(lines, 'line')} that `import` commented out"
    output.tell(
        f"{output.sign('note')} cron still leaves {there} alone, so that nothing runs them."
    )
    output.tell('  To have cron run them: crontab -e, and take "#jobrunner# " away')


def _told_units(removed: systemd.Removed | None) -> int | None:
    if removed is None:
        return None
    output.tell(f"Disabled {removed.timer}, removed {numbered(len(removed.units), 'unit')}.")
    for path in removed.kept:
        output.tell(f"Kept {shown(path)}, which was changed by hand. To remove it: rm -r {path}")
    return 0
