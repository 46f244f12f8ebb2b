"""`config push`, `pull` and `history --pushed`: the jobs.toml that hosts have in common."""

from collections.abc import Sequence

import click

from jobrunner.cli import answer, output, table, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.cell import plain
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.spelling import shown
from jobrunner.engine.actions.who import who
from jobrunner.engine.draft import share
from jobrunner.engine.draft.change import meaning, told
from jobrunner.engine.draft.share import PushedRow
from jobrunner.engine.draft.site import near, survey
from jobrunner.engine.fleet import fleet_of
from jobrunner.engine.report.look import in_force
from jobrunner.engine.scene import host_of, scene
from jobrunner.words import listed, numbered

FEW = 20


@click.command()
@click.argument("file", required=False)
@click.option("--force", is_flag=True, help="In the place of a version that this host never had.")
@click.option("--with-secrets", is_flag=True, help="With secrets that it holds in clear.")
@global_options
@click.pass_obj
def push(settings: Globals, *, file: str | None, force: bool, with_secrets: bool) -> None:
    """Make this host's jobs.toml the one that hosts have in common.

    It is kept in the shared ledger as a new version, if this host had the one before; every other
    host goes on with its own until it pulls.  FILE is one that jobs.toml includes, to share that.

    \b
    Examples:
      jobrunner config push
      jobrunner config push shared.toml
    """
    caller = asker()
    with scene(settings.config, caller) as here:
        site = survey(settings.config, caller)
        chosen = share.file_of(site, here.state, file, caller.cwd)
        found = share.push(
            fleet_of(here.store),
            site,
            here.state,
            chosen,
            by=who(caller),
            host=host_of(here.config.settings),
            force=force,
            with_secrets=with_secrets,
        )
    name = f"Version {found.version.version}"
    if not found.is_new:
        output.say(f"{name} says that already.")
        return
    lines = meaning(found.draft, settings.clock.now(), timezone.here().info)
    lines = lines if found.draft.old else [numbered(len(found.draft.after.jobs), "job")]
    output.say(f"{name} is pushed. {lines[0]}")
    for line in lines[1:]:
        output.say(line)
    # Which of its files it is a host knows from its first pull on.
    named = f" {near(chosen, caller.cwd)}" if chosen != site.main else ""
    output.tell(f"  on each other host: {site.program} config pull{named}")


@click.command()
@click.argument("file", required=False)
@click.option("--version", type=int, help="Another version than the newest.")
@click.option("--dry-run", is_flag=True, help="Tell what would change.")
@global_options
@click.pass_obj
def pull(settings: Globals, *, file: str | None, version: int | None, dry_run: bool) -> None:
    """Make the jobs.toml that hosts have in common this host's.

    It is checked as any edit is, and the text that it replaces is kept as a version.  One that
    names another ledger or another host is refused.  FILE is one that jobs.toml includes, if that
    is what hosts share; it is the one of the last time where none is named.

    \b
    Examples:
      jobrunner config pull --dry-run
      jobrunner config pull
      jobrunner config pull shared.toml
      jobrunner config pull --version 4
    """
    caller = asker()
    with in_force(settings.config, caller) as (here, _):
        wanted = share.version_of(fleet_of(here.store), version)
        site = survey(settings.config, caller, f"{who(caller)}, version {wanted.version}")
        chosen = share.file_of(site, here.state, file, caller.cwd)
        draft = share.pull(wanted, site, here.state, chosen, here.config, dry_run=dry_run)
    if draft.old == draft.new:
        output.say(f"{shown(draft.file)} is version {wanted.version} already.")
        return
    first, *rest = told(draft, settings.clock.now(), timezone.here().info)
    output.say(f"Version {wanted.version}: {first.removeprefix('Saved. ')}")
    for line in rest:
        output.say(line)
    if dry_run:
        output.say("Nothing was changed (--dry-run).")
    elif draft.undo is not None:
        output.tell(f"  undo: {site.program} config restore {draft.undo}")


def show_pushed(
    settings: Globals, version: int | None, *, as_json: bool, fields: str | None
) -> None:
    """The versions in the ledger, or how one of them differs from this host's file."""
    chosen = answer.chosen_fields(fields, PushedRow)
    caller = asker()
    with in_force(settings.config, caller) as (here, _):
        store = fleet_of(here.store)
        if version is not None:
            site = survey(settings.config, caller)
            file = share.file_of(site, here.state, None, caller.cwd)
            lines = share.difference(share.version_of(store, version), site, file)
            for line in lines or ["It is what the file says now."]:
                output.say(shown(line))
            return
        rows = share.rows(store, here.state, FEW)
    if as_json:
        answer.as_json(rows, chosen)
    elif fields or not output.is_terminal():
        output.tabs([plain(getattr(row, name)) for name in chosen] for row in rows)
    else:
        _show(rows, settings)


def _show(rows: Sequence[PushedRow], settings: Globals) -> None:
    if not rows:
        output.say("No jobs.toml was pushed yet: jobrunner config push")
        return
    zone = timezone.here().info
    now = settings.clock.now().astimezone(zone)
    table.show(
        ("VERSION", f"PUSHED ({now.tzname()})", "BY", "FROM", "HERE", "CHANGED"),
        [
            (
                str(row.version),
                f"{row.pushed_at.astimezone(zone):%a %Y-%m-%d %H:%M}",
                shown(row.pushed_by),
                shown(row.pushed_from),
                "yes" if row.is_here else "-",
                listed(row.changed) if row.changed else "-",
            )
            for row in rows
        ],
        optional=("FROM",),
    )
    table.remark("what differs here: jobrunner config history --pushed N")
    table.remark("to have the newest: jobrunner config pull")
