"""`jobrunner plan`: what another jobs.toml would change."""

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path

import click
from msgspec import Struct, to_builtins

from jobrunner.cli import answer, output, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.config.spelling import shown
from jobrunner.engine.draft.change import told
from jobrunner.engine.draft.outlook import Forecast, Outlook, forecast
from jobrunner.engine.draft.site import survey, text_of
from jobrunner.engine.draft.slot import slot_words
from jobrunner.engine.load import STDIN
from jobrunner.errors import UnusableError
from jobrunner.words import numbered

FEW = 3
PLAN = "jobrunner plan new.toml"


class Row(Struct, frozen=True, kw_only=True):
    """What becomes of one job."""

    job: str
    change: str
    keys: Sequence[str]
    slots_kept: int
    slots_gained: Sequence[datetime]
    slots_lost: Sequence[datetime]


@click.command()
@click.argument("file")
@click.option("--within", default="7d", show_default=True, help="How far to look ahead.")
@json_options("An array of objects.")
@global_options
@click.pass_obj
def command(
    settings: Globals, *, file: str, within: str, as_json: bool, fields: str | None
) -> None:
    """Tell what would change if FILE took the place of jobs.toml.

    Nothing is written.  FILE may be - for standard input; its relative paths are those of the
    jobs.toml in use.  Slots are told as far as files alone can tell them: pauses and the ends of
    runs are not known ahead.

    \b
    Examples:
      jobrunner plan new.toml
      git show main:jobs.toml | jobrunner plan - --within 30d
    """
    chosen = answer.chosen_fields(fields, Row)
    who = asker()
    site = survey(settings.config, who)
    path = str(Path(who.cwd, file))
    if file != STDIN and not who.exists(path):
        raise UnusableError(f"{shown(path)} is not there.\nName a file to compare: {PLAN}")
    text = sys.stdin.read() if file == STDIN else text_of(path, who.uid)
    now, zone = settings.clock.now(), timezone.here().info
    found = forecast(site, text, now, answer.duration(within))
    rows = [_row(each) for each in found.jobs]
    if as_json:
        answer.as_json(rows, chosen)
    elif fields or not output.is_terminal():
        output.tabs([_cell(getattr(row, name)) for name in chosen] for row in rows)
    else:
        _show(found, now, zone)


def _row(found: Outlook) -> Row:
    change = found.change
    return Row(
        job=change.name,
        change="added" if change.old is None else "changed" if change.new else "removed",
        keys=[one.key for one in change.keys],
        slots_kept=found.kept,
        slots_gained=found.gained,
        slots_lost=found.lost,
    )


def _cell(value: object) -> str:
    return " ".join(map(str, to_builtins(value))) if isinstance(value, list) else str(value)


def _show(found: Forecast, now: datetime, zone: tzinfo) -> None:
    first, *rest = told(found.draft, now, zone)
    output.say(first.removeprefix("Saved. "))
    for line in rest:
        output.say(line)
    moved = [each for each in found.jobs if each.gained or each.lost]
    if not moved:
        output.say(f"No slot until {found.until.astimezone(zone):%a %Y-%m-%d} would be another.")
    for each in moved:
        for line in _lines(each, zone):
            output.say(line)
    output.tell("Nothing was written. To take it: put it in the place of the file, or")
    output.tell("  jobrunner edit")


def _lines(found: Outlook, zone: tzinfo) -> Iterator[str]:
    own = found.change.new or found.change.old
    assert own is not None
    stay = "stays" if found.kept == 1 else "stay"
    more = f", {found.kept:,} {stay}" if found.kept else ""
    yield f"  {found.change.name}: {_counted(found)}{more}"
    for sign, slots in (("-", found.lost), ("+", found.gained)):
        if slots:
            rest = f" and {len(slots) - FEW:,} more" if len(slots) > FEW else ""
            yield f"    {sign} {slot_words(slots[:FEW], zone, own.timezone.info)}{rest}"


def _counted(found: Outlook) -> str:
    lost, gained = len(found.lost), len(found.gained)
    parts = [f"{numbered(lost, 'slot')} would go"] if lost else []
    parts += [f"{numbered(gained, 'slot')} would come"] if gained else []
    return ", ".join(parts)
