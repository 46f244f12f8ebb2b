"""`jobrunner pause`: jobs held still for a while."""

from datetime import datetime, tzinfo

import click
from msgspec.structs import replace

from jobrunner.cli import answer, output, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.elsewhere import elsewhere
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.spelling import shown
from jobrunner.engine.actions import pause
from jobrunner.engine.actions.pause import Held
from jobrunner.engine.actions.when import to_come
from jobrunner.engine.actions.who import who
from jobrunner.engine.past.tell import day_and_time
from jobrunner.engine.scene import scene
from jobrunner.engine.wake import poke
from jobrunner.model.pause import Pause
from jobrunner.store.value import EVERY_JOB
from jobrunner.words import listed, numbered


@click.command()
@click.argument("jobs", nargs=-1)
@click.option("--tag", "tags", multiple=True, help="Every job with this tag.")
@click.option("--all", "every", is_flag=True, help="Every job, those to come included.")
@click.option("--for", "length", metavar="DURATION", help="For so long, as 2h.")
@click.option("--until", metavar="WHEN", help="Until a date or a time of the host's zone.")
@click.option("--reason", default="", help="Why, for whoever wonders.")
@global_options
@click.pass_obj
def command(
    settings: Globals,
    *,
    jobs: tuple[str, ...],
    tags: tuple[str, ...],
    every: bool,
    length: str | None,
    until: str | None,
    reason: str,
) -> None:
    """Hold jobs still for a while.

    Planned slots that fall into the pause are skipped, and the history says who paused them and
    why.  What runs already goes on, and `jobrunner run` still works.  Without --for and --until it
    lasts until the jobs are resumed.

    \b
    Examples:
      jobrunner pause backup --for 2h --reason "db1 maintenance"
      jobrunner pause --tag db --until "2026-11-21 08:00"
      jobrunner pause --all
    """
    require_choice(jobs, tags, every=every)
    now, zone = settings.clock.now(), timezone.here().info
    wanted = Pause(by="", reason=reason, since=now, until=_end(length, until, zone, now))
    far = elsewhere(settings)
    if far is not None:
        held = far.pause(pause.chosen(far.scene, jobs, tags, every=every), wanted)
    else:
        with scene(settings.config, asker()) as here:
            chosen = pause.chosen(here, jobs, tags, every=every)
            held = pause.pause(here, chosen, replace(wanted, by=who(asker())))
            poke(here.state)
    for each in held:
        output.tell(shown(_told(each, zone)))
    names = " ".join("--all" if each.job == EVERY_JOB else each.job for each in held)
    output.tell(f"  resume early: jobrunner resume {names}")


def require_choice(jobs: tuple[str, ...], tags: tuple[str, ...], *, every: bool) -> None:
    """Refuse a choice that says nothing, or two things."""
    if every == bool(jobs or tags):
        raise click.UsageError("name jobs, a --tag, or --all")


def named(job: str) -> str:
    return "all jobs" if job == EVERY_JOB else job


def _end(length: str | None, until: str | None, zone: tzinfo, now: datetime) -> datetime | None:
    if length and until:
        raise click.UsageError("--for and --until are two ways to say one thing")
    if length:
        distance = answer.duration(length)
        if not distance:
            raise click.UsageError("a pause of no time is none")
        return pause.end_of(distance, now)
    try:
        return to_come(until, zone, now) if until else None
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _told(held: Held, zone: tzinfo) -> str:
    if not held.is_new:
        assert held.before is not None
        is_all = held.job == EVERY_JOB
        verb = "are" if is_all else "is"
        name = "All jobs" if is_all else held.job
        return f"{name} {verb} already paused {_until(held.before, zone)} {_who(held.before)}."
    was = f" (was {_until(held.before, zone)})" if held.before else ""
    text = f"Paused {named(held.job)} {_until(held.pause, zone)}{was} {_who(held.pause)}."
    return f"{text} {_slots(held, zone)}"


def _until(pause: Pause, zone: tzinfo) -> str:
    if pause.until is None:
        return "until resumed"
    return f"until {day_and_time(pause.until, zone, with_zone=True)}"


def _who(pause: Pause) -> str:
    return f"({pause.by}: {pause.reason})" if pause.reason else f"({pause.by})"


def _slots(held: Held, zone: tzinfo) -> str:
    if not held.count:
        return "No planned run falls in it." if held.pause.until else "No run is planned."
    first = day_and_time(held.slots[0], zone)
    if held.pause.until is None:
        return f"The first planned run that is skipped: {first}."
    slots = [day_and_time(slot, zone) for slot in held.slots]
    if held.count > len(slots):
        slots.append(f"{held.count - len(slots):,} more")
    verb = "falls" if held.count == 1 else "fall"
    return f"{numbered(held.count, 'planned run')} {verb} in it: {listed(slots)}."
