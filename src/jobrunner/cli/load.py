"""`jobrunner load`: how full the time ahead is."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice

import click

from jobrunner.cli import answer, cell, output, table, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.config.spelling import shown
from jobrunner.engine.figures.load import MEANS, Crowd, Load, Meeting, Tight, see_load
from jobrunner.engine.past import tell
from jobrunner.engine.scene import scene
from jobrunner.words import numbered, short, some

FEW = 5
NAMED = 3
LONGEST = timedelta(days=92)
LABEL = 4
HOURS = 24
TEN = 10
# From these shares of the fullest cell on.
COLOURS = ((0.75, "red"), (0.4, "yellow"), (0.0, "green"))


@click.command()
@click.option("--within", default="7d", show_default=True, help="How far to look, up to 92d.")
@click.option("--hour", "of_hour", is_flag=True, help="The minutes of the hour: starts at once.")
@json_options("An array with one object.")
@global_options
@click.pass_obj
def command(
    settings: Globals, *, within: str, of_hour: bool, as_json: bool, fields: str | None
) -> None:
    """Show how full the time ahead is.

    The most runs at once in each hour of the week, from the planned slots and the usual times of
    the last 30 days; which runs will meet; and minutes in which many jobs start, with one in which
    fewer do.  In a pipe: the map alone.

    \b
    Examples:
      jobrunner load
      jobrunner load --hour
      jobrunner load --within 30d --json
    """
    chosen = answer.chosen_fields(fields, Load)
    distance = answer.duration(within)
    if not timedelta() < distance <= LONGEST:
        raise click.BadParameter(f"{within} is not from 1s to 92d.", param_hint="--within")
    zone = timezone.here()
    with scene(settings.config, asker()) as here:
        found = see_load(here, settings.clock.now(), distance, zone.info, zone.name)
    if as_json:
        answer.as_json([found], chosen)
    elif fields:
        output.tabs([[cell.plain(getattr(found, name)) for name in chosen]])
    elif output.is_terminal():
        _show(found, of_hour=of_hour)
    elif of_hour:
        output.tabs([f"{minute:02}", str(most)] for minute, most in enumerate(found.minutes))
    else:
        output.tabs([day.name, *map(cell.plain, day.hours)] for day in found.weekdays)


def _show(found: Load, *, of_hour: bool) -> None:
    if of_hour:
        _heading("The most starts at once in each minute of the hour", found)
        rows = [found.minutes[first : first + TEN] for first in range(0, 60, TEN)]
        _map([f":{first}x" for first in range(6)], rows, [f"{n}" for n in range(TEN)])
    else:
        _heading("The most runs at once in each hour", found)
        hours = [f"{hour:02}" for hour in range(HOURS)]
        _map([day.name for day in found.weekdays], [day.hours for day in found.weekdays], hours)
    _tell(map(_tight, found.tight), len(found.tight))
    _tell(map(_meeting, found.meetings), len(found.meetings))
    _tell(map(_crowd, found.crowds), len(found.crowds))
    for line in _footer(found):
        table.remark(line, indent=" ")


def _heading(text: str, found: Load) -> None:
    until = tell.day_and_time(found.until, timezone.seen(found.until.tzinfo), with_zone=True)
    table.beside(" ", f"{text}, until {until}:")


def _map(
    labels: Sequence[str], rows: Sequence[Sequence[int | None]], columns: Sequence[str]
) -> None:
    """A row a label, in as many blocks of columns as there is no room for beside one another."""
    most = max((value or 0 for row in rows for value in row), default=0)
    size = max(3, len(str(most)) + 1)
    at_once = len(columns)
    while at_once > 1 and LABEL + 1 + at_once * size > table.columns():
        at_once = -(-at_once // 2)
    for first in range(0, len(columns), at_once):
        block = slice(first, first + at_once)
        heads = "".join(f"{head:>{size}}" for head in columns[block])
        output.say(output.style(f" {'':{LABEL}}{heads}", bold=True))
        for label, row in zip(labels, rows, strict=True):
            cells = "".join(_cell(value, most, size) for value in row[block])
            output.say(f" {label:{LABEL}}{cells}".rstrip())


def _cell(value: int | None, most: int, size: int) -> str:
    """The number in a colour that goes by it; a point for none, nothing for what is not seen."""
    if not value:
        return f"{'' if value is None else '.':>{size}}"
    colour = next(colour for share, colour in COLOURS if value >= share * most)
    return output.style(f"{value:>{size}}", fg=colour)


def _tell(lines: Iterable[str], number: int) -> None:
    """As many as stay readable."""
    for line in islice(lines, FEW):
        table.beside(f" {output.sign('note')} ", line)
    if number > FEW:
        output.say(f"   ({number - FEW} more; --json)")


def _tight(one: Tight) -> str:
    usual, between = (short(timedelta(seconds=s)) for s in (one.usual_seconds, one.gap_seconds))
    what = f"{shown(one.job)} usually takes {usual}, its next slot can come after {between}"
    return f'{what}: {MEANS[one.overlap]} (overlap = "{one.overlap}")'


def _meeting(one: Meeting) -> str:
    at = tell.day_and_time(one.first_at, timezone.seen(one.first_at.tzinfo))
    times = f", {one.times:,} times" if one.times > 1 else ""
    late = "it waits" if one.waits else "its slot is skipped"
    return (
        f"{shown(one.job)} is due while {shown(one.by)} runs ({one.over}), at {at}{times}: {late}"
    )


def _crowd(one: Crowd) -> str:
    free = f"starts {one.quieter_starts}" if one.quieter_starts else "is free"
    what = f"{one.minute} starts {len(one.jobs)} jobs ({some(one.jobs, NAMED)})"
    return f"{what}; {one.quieter} {free}"


def _footer(found: Load) -> Iterator[str]:
    if found.steady:
        yield f"Taken to run all the time, so often are they due: {some(found.steady, NAMED)}."
    without = len(found.unmeasured)
    told = f"; {numbered(without, 'job')} not measured yet, taken for instant" if without else ""
    slots = f"{numbered(found.slots, 'slot')}, with the usual times of 30 days{told}"
    yield f"{slots}. Times in {found.timezone}."
