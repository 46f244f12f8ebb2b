"""`jobrunner next`: what is due next."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo

import click

from jobrunner.cli import answer, cell, output, table, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.elsewhere import elsewhere
from jobrunner.cli.option import Globals, global_options, json_options, manner
from jobrunner.config.spelling import unknown
from jobrunner.engine.ahead import Absent, Ahead, Coming, ahead
from jobrunner.engine.plan import current
from jobrunner.engine.report.known import known
from jobrunner.errors import UnknownError
from jobrunner.model.job import Job
from jobrunner.words import short, some

FEW = 3
SHOWN = 10


@click.command()
@click.argument("jobs", nargs=-1)
@click.option("--within", default="24h", show_default=True, help="How far to look, as 12h or 7d.")
@click.option(
    "--all", "every_slot", is_flag=True, help=f"Every slot, not the first {FEW} of a job."
)
@json_options("An array of objects.")
@global_options
@click.pass_obj
def command(
    settings: Globals,
    *,
    jobs: tuple[str, ...],
    within: str,
    every_slot: bool,
    as_json: bool,
    fields: str | None,
) -> None:
    """Show what is due next.

    Without JOBS of every job, with them of these.

    \b
    Examples:
      jobrunner next --within 7d
      jobrunner next backup --all
      jobrunner next --json --fields job,scheduled_for
    """
    chosen = answer.chosen_fields(fields, Coming)
    distance = answer.duration(within)
    most = None if every_slot else FEW
    far = elsewhere(settings)
    found = far.ahead(jobs, distance, most) if far else _look(settings, jobs, distance, most)
    if as_json:
        answer.as_json(found.slots, chosen)
    elif output.is_terminal():
        _show(found, timezone.here().info, within)
    else:
        output.tabs(_plain(slot, chosen) for slot in found.slots)


def _look(settings: Globals, jobs: tuple[str, ...], distance: timedelta, most: int | None) -> Ahead:
    who, now = asker(), settings.clock.now()
    config = current(settings.config, who)
    wanted = [_known(config.jobs, name) for name in jobs] or list(config.jobs.values())
    return ahead(wanted, now, distance, most=most, known=known(config, who, now))


def _known(declared: Mapping[str, Job], name: str) -> Job:
    if name not in declared:
        raise UnknownError(unknown("job", name, declared))
    return declared[name]


def _plain(slot: Coming, fields: tuple[str, ...]) -> list[str]:
    return [cell.plain(getattr(slot, field)) for field in fields]


def _show(found: Ahead, zone: tzinfo, within: str) -> None:
    if found.slots:
        names = {slot.scheduled_for.astimezone(zone).tzname() or "" for slot in found.slots}
        rows = [_row(slot, zone) for slot in found.slots]
        header = (f"PLANNED ({'/'.join(sorted(names))})", "LEFT", "JOB", "USUALLY", "NOTE")
        without: tuple[str, ...] = ("LEFT",) if manner().absolute else ()
        if not any(slot.usual_seconds is not None for slot in found.slots):
            without += ("USUALLY",)
        table.show(header, rows, optional=("USUALLY",), without=without)
    for line in _footer(found, zone, within):
        table.remark(line)


def _row(slot: Coming, zone: tzinfo) -> tuple[str, ...]:
    left = short(timedelta(seconds=slot.left_seconds))
    there = slot.scheduled_for
    shown = there.astimezone(zone)
    own = f"{there:%H:%M} {there.tzname()}" if there.utcoffset() != shown.utcoffset() else ""
    note = ", ".join(filter(None, (own, slot.note)))
    usual = slot.usual_seconds
    usually = short(timedelta(seconds=usual)) if usual is not None else "-"
    return _told(shown), left, slot.job, usually, note


def _told(shown: datetime) -> str:
    seconds = ":%S" if shown.second else ""
    return shown.strftime(f"%a %Y-%m-%d %H:%M{seconds}")


def _footer(found: Ahead, zone: tzinfo, within: str) -> list[str]:
    lines = []
    if found.more:
        more = [f"{number:,} more of {job}" for job, number in found.more.items()]
        lines.append(f"({some(more, SHOWN)}; --all)")
    if found.busiest:
        minute, number = found.busiest
        lines.append(f"Busiest minute: {_told(minute.astimezone(zone))}, {number} jobs.")
    if found.absent:
        absent = [f"{job.job} ({_why(job, zone)})" for job in found.absent]
        lines.append(f"Not planned in {within}: {some(absent, SHOWN)}")
    return lines


def _why(job: Absent, zone: tzinfo) -> str:
    return _told(job.next_at.astimezone(zone)) if job.next_at else job.reason
