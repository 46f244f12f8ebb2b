"""`jobrunner export`: jobs in the formats of others."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from jobrunner.cli import answer, output
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.spelling import shown
from jobrunner.engine.move import departure
from jobrunner.engine.move.departure import Leaving
from jobrunner.errors import BusyError, ForbiddenError, UnusableError
from jobrunner.formats.leaving import Remark
from jobrunner.words import listed, numbered

Function = Callable[..., Any]


def _options(function: Function) -> Function:
    """JOBS, and where to."""
    jobs = click.argument("jobs", nargs=-1)
    file = click.option("-o", "--output", "target", metavar="FILE", help="Write it to a new file.")
    return jobs(file(global_options(click.pass_obj(function))))


@click.group()
@global_options
def command() -> None:
    """Write jobs in the format of another program.

    Of all jobs, or of those that are named.  What the format cannot say stands in the text as a
    comment, and is told on standard error.

    \b
    Examples:
      jobrunner export crontab > crontab.txt
      jobrunner export systemd backup --output-folder units
      jobrunner export kubernetes --image example.com/app:1 -o cronjobs.yaml
      jobrunner export ics --within 90d -o jobs.ics
      jobrunner export rules -o /etc/prometheus/jobrunner.yml
    """


@command.command()
@_options
def crontab(settings: Globals, *, jobs: tuple[str, ...], target: str | None) -> None:
    """Write a classic crontab.

    \b
    Example:
      jobrunner export crontab backup report
    """
    written = _leaving(settings, jobs).crontab(settings.clock.now())
    _give(written.text, target, written.remarks)


@command.command()
@click.argument("jobs", nargs=-1)
@click.option("--output-folder", "folder", metavar="FOLDER", help="Write each unit to a file here.")
@global_options
@click.pass_obj
def systemd(settings: Globals, *, jobs: tuple[str, ...], folder: str | None) -> None:
    """Write a timer and a service for each job.

    Their names begin with "job-".  Without a folder they are printed one after the other, each
    under its name.

    \b
    Examples:
      jobrunner export systemd backup
      jobrunner export systemd --output-folder units
    """
    pairs = _leaving(settings, jobs).systemd(settings.clock.now())
    units = {name: text for pair in pairs for name, text in pair.units.items()}
    if folder is None:
        output.say("\n".join(f"# {name}\n{text}" for name, text in units.items()).rstrip("\n"))
    else:
        for name, text in units.items():
            _write(Path(folder, name), text)
        output.tell(f"Wrote {numbered(len(units), 'unit')} to {shown(folder)}")
    _tell(remark for pair in pairs for remark in pair.remarks)


@command.command()
@click.option("--image", required=True, help="The image that has the programs of the jobs.")
@_options
def kubernetes(settings: Globals, *, jobs: tuple[str, ...], target: str | None, image: str) -> None:
    """Write CronJobs of Kubernetes.

    \b
    Example:
      jobrunner export kubernetes --image example.com/app:1 > cronjobs.yaml
    """
    written = _leaving(settings, jobs).kubernetes(image, settings.clock.now())
    _give(written.text, target, written.remarks)


@command.command()
@click.option("--within", default="30d", show_default=True, help="How far to look, as 12h or 7d.")
@_options
def ics(settings: Globals, *, jobs: tuple[str, ...], target: str | None, within: str) -> None:
    """Write the next slots as a calendar.

    \b
    Example:
      jobrunner export ics --within 90d -o jobs.ics
    """
    distance = answer.duration(within)
    written = _leaving(settings, jobs).ics(distance, settings.clock.now())
    _give(written.text, target, written.remarks)


@command.command(short_help="Write the configuration in force as JSON.")
@_options
def json(settings: Globals, *, jobs: tuple[str, ...], target: str | None) -> None:
    """Write the configuration in force as JSON, every default filled in, no secret in it.

    \b
    Example:
      jobrunner export json | jq '.jobs[].cron'
    """
    _give(_leaving(settings, jobs).as_json() + "\n", target)


@command.command()
@click.option("-o", "--output", "target", metavar="FILE", help="Write it to a new file.")
@global_options
def schema(*, target: str | None) -> None:
    """Write the JSON Schema of jobs.toml, for editors.

    \b
    Example:
      jobrunner export schema -o jobs.schema.json
    """
    _give(departure.schema_text() + "\n", target)


@command.command()
@click.option("-o", "--output", "target", metavar="FILE", help="Write it to a new file.")
@global_options
def grafana(*, target: str | None) -> None:
    """Write a dashboard for Grafana, over the figures that Prometheus collects.

    \b
    Example:
      jobrunner export grafana -o jobrunner.json
    """
    _give(departure.dashboard_text(), target)


@command.command()
@click.option("-o", "--output", "target", metavar="FILE", help="Write it to a new file.")
@global_options
def rules(*, target: str | None) -> None:
    """Write alert rules for Prometheus.

    \b
    Example:
      jobrunner export rules -o /etc/prometheus/jobrunner.yml
    """
    _give(departure.rules_text(), target)


def _leaving(settings: Globals, jobs: tuple[str, ...]) -> Leaving:
    return departure.leaving(settings.config, asker(), jobs)


def _give(text: str, target: str | None, remarks: Iterable[Remark] = ()) -> None:
    if target is None:
        output.say(text.removesuffix("\n"))
    else:
        _write(Path(target), text)
        output.tell(f"Wrote {shown(target)}")
    _tell(remarks)


def _tell(remarks: Iterable[Remark]) -> None:
    """Each sentence once, behind every job that it is true of."""
    jobs: dict[str, list[str]] = {}
    for remark in remarks:
        jobs.setdefault(remark.sentence, []).append(remark.job)
    for sentence, of in jobs.items():
        names = dict.fromkeys(filter(None, of))
        output.aside(f"! {listed(names)}: {sentence}" if names else f"! {sentence}")


def _write(path: Path, text: str) -> None:
    """A new file; one that is there is never overwritten."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError as error:
        raise BusyError(f"{shown(str(path))} exists already; it is left as it is.") from error
    except OSError as error:
        raise ForbiddenError(f"{shown(str(path))} cannot be made: {error.strerror}.") from error
    try:
        with os.fdopen(file, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
    except OSError as error:
        path.unlink(missing_ok=True)  # half of it would be in the way of the next try
        raise UnusableError(f"{shown(str(path))} cannot be written: {error.strerror}.") from error
