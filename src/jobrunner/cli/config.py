"""`jobrunner config`: jobs.toml as a file: where it is, what it comes to, how it was."""

import json

import click
import tomli_w

from jobrunner.cli import answer, output, table, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.cell import plain
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.cli.share import pull, push, show_pushed
from jobrunner.config.spelling import shown, unknown
from jobrunner.engine.draft import version as kept
from jobrunner.engine.draft.change import told
from jobrunner.engine.draft.site import survey
from jobrunner.engine.load import load
from jobrunner.engine.report.effective import effective
from jobrunner.errors import UnknownError
from jobrunner.jobfile.place import find_jobs, find_state
from jobrunner.words import listed, numbered

FEW = 20


@click.group()
@global_options
def command() -> None:
    """Tell where jobs.toml is, what it comes to, and how it was.

    The last 20 versions of each file are kept, those written by hand too.  Hosts that share a
    ledger may have one in common there: it is pushed from one of them, and pulled to each.

    \b
    Examples:
      jobrunner config path
      jobrunner config dump backup
      jobrunner config history
      jobrunner config restore 41
      jobrunner config push
      jobrunner config pull --dry-run
    """


command.add_command(push)
command.add_command(pull)


@command.command()
@global_options
@click.pass_obj
def path(settings: Globals) -> None:
    """Print which jobs.toml is used, and why; then the state folder.

    \b
    Example:
      jobrunner config path
    """
    who = asker()
    file = find_jobs(settings.config, who)
    state = find_state(file.path, who)
    if not output.is_terminal():
        output.say(file.path)
        return
    output.say(f"{shown(file.path)}   {file.why}")
    output.say(f"{shown(state.path)}   its state: {state.why}")


@command.command()
@click.argument("jobs", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="An object.")
@global_options
@click.pass_obj
def dump(settings: Globals, *, jobs: tuple[str, ...], as_json: bool) -> None:
    """Print the configuration as it is understood.

    Includes, [defaults] and crontabs are worked in; what is as built in is left out, and secrets
    are starred out.

    \b
    Examples:
      jobrunner config dump
      jobrunner config dump backup --json
    """
    config = load(settings.config, asker())
    for job in jobs:
        if job not in config.jobs:
            raise UnknownError(unknown("job", job, config.jobs))
    found = effective(config, jobs)
    if as_json:
        output.say(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        output.say(tomli_w.dumps(found, multiline_strings=True).rstrip("\n"))


@command.command(short_help="List the versions that are kept, or compare one.")
@click.argument("version", type=int, required=False)
@click.option("--pushed", is_flag=True, help="Those that hosts have in common, in the ledger.")
@json_options("An array of objects.")
@global_options
@click.pass_obj
def history(
    settings: Globals, *, version: int | None, pushed: bool, as_json: bool, fields: str | None
) -> None:
    """List the versions that are kept, or show how one differs from now.

    \b
    Examples:
      jobrunner config history
      jobrunner config history 41
      jobrunner config history --pushed
    """
    if pushed:
        show_pushed(settings, version, as_json=as_json, fields=fields)
        return
    site = survey(settings.config, asker())
    chosen = answer.chosen_fields(fields, kept.VersionRow)
    if version is not None:
        for line in kept.difference(site, version) or ["It is what the file says now."]:
            output.say(shown(line))
        return
    entries = kept.entries(site)
    if as_json:
        answer.as_json(entries, chosen)
    elif fields or not output.is_terminal():
        output.tabs([plain(getattr(entry, name)) for name in chosen] for entry in entries)
    else:
        _show(entries[:FEW], settings)


@command.command()
@click.argument("version", type=int)
@click.option("--dry-run", is_flag=True, help="Tell what would change.")
@global_options
@click.pass_obj
def restore(settings: Globals, *, version: int, dry_run: bool) -> None:
    """Give a file the text of a version again.

    It is checked as any edit is, and the text that it replaces is a version, too.

    \b
    Examples:
      jobrunner config restore 41 --dry-run
      jobrunner config restore 41
    """
    site = survey(settings.config, asker())
    draft = kept.restore(site, version, dry_run=dry_run)
    if draft.old == draft.new:
        output.say(f"{shown(draft.file)} says that already.")
        return
    first, *rest = told(draft, settings.clock.now(), timezone.here().info)
    for line in (first.removeprefix("Saved. ") if dry_run else first, *rest):
        output.say(line)
    if dry_run:
        output.say("Nothing was changed (--dry-run).")
    elif draft.undo is not None:
        output.tell(f"  undo: {site.program} config restore {draft.undo}")


def _show(entries: list[kept.VersionRow], settings: Globals) -> None:
    if not entries:
        output.say("No version is kept yet: the first edit keeps what was before it.")
        return
    zone = timezone.here().info
    now = settings.clock.now().astimezone(zone)
    files = {entry.file for entry in entries}
    rows = [
        (
            str(entry.version),
            f"{entry.saved_at.astimezone(zone):%a %Y-%m-%d %H:%M}",
            entry.by or "by hand",
            listed(entry.changed) if entry.changed else "-",
            shown(entry.file),
        )
        for entry in entries
    ]
    table.show(
        ("VERSION", f"SAVED ({now.tzname()})", "BY", "CHANGED", "FILE"),
        rows,
        optional=("FILE",),
        without=("FILE",) if len(files) == 1 else (),
    )
    table.remark(f"{numbered(len(entries), 'version')} of {listed(map(shown, sorted(files)))}")
    table.remark("what one changed: jobrunner config history N   back: jobrunner config restore N")
