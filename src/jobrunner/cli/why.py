"""`jobrunner why`: why a job did or did not start."""

from datetime import datetime

import click

from jobrunner.cli import answer, cell, output, timezone, typed
from jobrunner.cli.caller import asker
from jobrunner.cli.elsewhere import elsewhere
from jobrunner.cli.option import Globals, global_options, json_options, manner
from jobrunner.config.spelling import shown
from jobrunner.engine.actions.roof import archive
from jobrunner.engine.past import tell
from jobrunner.engine.past.evidence import gather
from jobrunner.engine.past.reason import Fact, Why, explain
from jobrunner.engine.past.when import TYPED, span
from jobrunner.engine.scene import Scene
from jobrunner.jobfile.disk import Disk

SOURCE_COLUMN = 56


@click.command()
@click.argument("job")
@click.option("--at", "at", metavar="WHEN", help='The slot then: "2026-11-17 02:30", 02:30, 7d.')
@json_options("An array with one object.")
@global_options
@click.pass_obj
def command(
    settings: Globals, *, job: str, at: str | None, as_json: bool, fields: str | None
) -> None:
    """Tell why a job did or did not start.

    At its latest slot, or at the one that --at names, in the job's zone.

    \b
    Examples:
      jobrunner why backup
      jobrunner why backup --at "2026-11-17 02:30"
    """
    chosen = answer.chosen_fields(fields, Why)
    far = elsewhere(settings)
    if far is not None:
        found = far.why(job, _sent(at, settings.clock.now()) if at else None)
    else:
        found = _look(settings, job, at)
    if as_json:
        answer.as_json([found], chosen)
    elif fields:
        output.tabs([[cell.plain(getattr(found, field)) for field in chosen]])
    else:
        for line in _lines(found):
            output.say(line)


def _sent(at: str, now: datetime) -> str:
    """A time for another host, which knows the job's zone; UTC, if that is meant, is said."""
    typed.span(at, timezone.here().info, now, "--at")
    parts = TYPED.fullmatch(at.strip())
    is_bare = parts is not None and parts["time"] and not parts["offset"]
    return f"{at.strip()}Z" if is_bare and manner().utc else at


def _look(settings: Globals, job: str, at: str | None) -> Why:
    with archive(settings.config, asker()) as here:
        return _found(here, job, at, settings)


def _found(here: Scene, name: str, at: str | None, settings: Globals) -> Why:
    job, now, caller = here.config.jobs.get(name), settings.clock.now(), asker()
    zone = timezone.of(job)
    try:
        asked = span(at, zone, now) if at else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error
    files = Disk(caller.uid)
    return explain(gather(here, name, asked, zone=zone, now=now, files=files))


def _lines(found: Why) -> list[str]:
    lines = [output.style(shown(found.summary), bold=True)]
    lines += [f"  {_fact(fact, found)}" for fact in found.facts]
    if found.next_at:
        following = tell.day_and_time(found.next_at, timezone.seen(found.next_at.tzinfo))
        lines.append(f"  Next try: {following} ({shown(found.next_by)}).")
    return lines + [f"  {shown(text)}" for text in found.advice]


def _fact(fact: Fact, found: Why) -> str:
    """The time, with its date unless that is the slot's, what happened, and the line behind it."""
    is_same_day = found.scheduled_for and found.scheduled_for.date() == fact.at.date()
    time = f"{fact.at:%H:%M:%S}" if is_same_day else f"{fact.at:%a %Y-%m-%d %H:%M:%S}"
    text = f"{time}  {shown(fact.text)}"
    return f"{text:{SOURCE_COLUMN}}  {shown(fact.source)}" if fact.source else text
