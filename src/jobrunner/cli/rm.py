"""`jobrunner rm`: jobs out of jobs.toml; what they did stays in the ledger."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial

import click

from jobrunner.cli import output
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.edit.literal import key
from jobrunner.config.spelling import shown
from jobrunner.engine.draft.removal import by_file, check_followers, ended, without
from jobrunner.engine.draft.site import Site, survey
from jobrunner.engine.draft.trial import rewrite
from jobrunner.words import listed, numbered


@click.command()
@click.argument("jobs", nargs=-1)
@click.option("--ended", "is_ended", is_flag=True, help="The jobs whose slots are all past.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@global_options
@click.pass_obj
def command(settings: Globals, *, jobs: tuple[str, ...], is_ended: bool, yes: bool) -> int:
    """Remove jobs from jobs.toml.

    Their history stays.  On a terminal it asks first.

    \b
    Examples:
      jobrunner rm old-import
      jobrunner rm --ended --yes
    """
    if bool(jobs) == is_ended:
        raise click.UsageError("name the jobs to remove, or give --ended")
    who = asker()
    site = survey(settings.config, who)
    busy: Mapping[str, str] = {}
    names: Sequence[str] = jobs
    if is_ended:
        names, busy = ended(site, who, settings.clock.now())
    _tell_kept(busy)
    if not names:
        output.tell("No job is to be removed: none is past its last slot.")
        return 0
    files = by_file(site, names)
    check_followers(site, names)
    if not (yes or _agreed(files)):
        output.say("Nothing was removed.")
        return 1
    _remove(site, files)
    output.tell(f"  what they did stays: {site.program} history {next(iter(names))}")
    return 0


def _tell_kept(busy: Mapping[str, str]) -> None:
    for name, reason in busy.items():
        output.say(f"Kept {name}: {reason}.")


def _agreed(files: Mapping[str, Sequence[str]]) -> bool:
    """Whether whoever sits at the terminal says yes; without one there is nobody to ask."""
    if not sys.stdin.isatty():
        raise click.UsageError("rm asks first, and there is no terminal to ask on: add --yes")
    names = [name for jobs in files.values() for name in jobs]
    what = listed(names) if len(names) <= 5 else numbered(len(names), "job")  # noqa: PLR2004
    where = listed(map(shown, files))
    return click.confirm(f"Remove {what} from {where}?", err=True)


def _remove(site: Site, files: Mapping[str, Sequence[str]]) -> None:
    for file, names in files.items():
        draft = rewrite(site.trial(file), partial(without, names=names))
        headers = listed(f"[{key(('jobs', name))}]" for name in names)
        output.tell(f"Removed {headers} from {shown(draft.file)}")
        if draft.undo is not None:
            output.tell(f"  undo: {site.program} config restore {draft.undo}")
