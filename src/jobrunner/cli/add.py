"""`jobrunner add`: a new job at the end of jobs.toml."""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, TypeVar

import click

from jobrunner.cli import answer, output, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.edit.literal import block, key
from jobrunner.config.finding import Refusal
from jobrunner.config.layer import resolved
from jobrunner.config.spelling import quoted, shown
from jobrunner.config.zone import LOCAL, host_zone, zone
from jobrunner.engine.draft import when
from jobrunner.engine.draft.add import Added, NewJob, add, preview_add, table
from jobrunner.engine.draft.site import line_of, program
from jobrunner.engine.draft.slot import coming, rhythm, slot_words

Some = TypeVar("Some")
Options = Mapping[str, Any]
SHOWN = 3
WAYS = {"cron": "--cron", "every": "--every", "at": "--at", "in_": "--in", "daily": "--daily"}
# Options that are keys of the same name, spelt as they are typed.
SAME = (
    "description",
    "tags",
    "timezone",
    "user",
    "timeout",
    "retries",
    "retry_delay",
    "overlap",
    "lock",
    "catch_up",
)


@click.command()
@click.argument("name")
@click.argument("words", nargs=-1, metavar="[-- COMMAND...]", type=click.UNPROCESSED)
@click.option("--cron", multiple=True, metavar="EXPRESSION", help="When, as crontab has it.")
@click.option("--every", metavar="DURATION", help="How often, as 90s or 2h.")
@click.option("--at", multiple=True, metavar="WHEN", help="Once, at 09:00 or 2026-12-01 09:00.")
@click.option("--in", "in_", metavar="DURATION", help="Once, so long from now.")
@click.option("--daily", metavar="HH:MM", help="Every day at this time.")
@click.option("--from", "start", metavar="DATE", help="The first day, or the first moment.")
@click.option("--to", "end", metavar="DATE", help="The last day, or the last moment.")
@click.option("--timezone", help="The zone of its times; otherwise the host's.")
@click.option("--timeout", metavar="DURATION", help="The most that an attempt takes.")
@click.option("--retries", type=click.IntRange(0), help="How often a failure is tried again.")
@click.option("--retry-delay", metavar="DURATION", help="How long after a failure.")
@click.option("--user", help="Who it runs as; only root can choose.")
@click.option("--cwd", metavar="FOLDER", help="The folder it runs in.")
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="A variable.")
@click.option("--tag", "tags", multiple=True, help="A word to find it by.")
@click.option("--description", help="What it does.")
@click.option(
    "--overlap",
    type=click.Choice(["skip", "queue", "allow", "replace"]),
    help="What if it still runs.",
)
@click.option("--lock", metavar="NAME", help="Never beside jobs with the same lock.")
@click.option(
    "--catch-up",
    type=click.Choice(["skip", "latest", "all"]),
    help="What of slots that came too late to start.",
)
@click.option("--disabled", is_flag=True, help="Only by hand until it is enabled.")
@click.option("--shell-command", metavar="TEXT", help="A line for the shell as the command.")
@click.option("--dry-run", is_flag=True, help="Show what would be written.")
@global_options
@click.pass_obj
def command(settings: Globals, /, *, name: str, dry_run: bool, **options: Any) -> None:
    """Add a job to jobs.toml.

    The words after -- are the command, run as they are; --shell-command is for pipes and the like.
    Without a schedule the job runs by hand.

    \b
    Examples:
      jobrunner add ping --cron "*/15 * * * *" -- curl -fsS https://example.com/up
      jobrunner add dump --daily 02:30 --shell-command "pg_dump app | gzip > a.gz"
      jobrunner add remind --in 1h -- notify-send "Time to go"
    """
    who, now = asker(), settings.clock.now()
    new = _new_job(options, who.cwd, now)
    added = (preview_add if dry_run else add)(settings.config, who, name, new, now)
    _tell(added, name, now, is_dry=dry_run)
    if dry_run:
        output.say(f"\n{block(('jobs', name), table(new))}\nNothing was written: --dry-run.")
    else:
        output.tell(f"  try it now: {program(added.draft.file, who)} run {name}")


def _tell(added: Added, name: str, now: datetime, *, is_dry: bool) -> None:
    draft, path = added.draft, ("jobs", name)
    say = output.say if is_dry else output.tell
    job, file = draft.after.jobs[name], shown(draft.file)
    if added.is_new:
        say(f"{'Would create' if is_dry else 'Created'} {file}: no jobs.toml was found")
    verb = "Would add" if is_dry else "Added"
    line = line_of(draft.new, path)
    say(f"{verb} [{key(path)}] to {file} line {line}: {rhythm(job, now)}")
    if slots := coming(job, now, SHOWN):
        say(f"  next: {slot_words(slots, timezone.here().info, timezone.of(job))}")


def _new_job(options: Options, cwd: str, now: datetime) -> NewJob:
    """What the options say; the folder as seen from here, not from the file's."""
    at, cron = _times(options, now)
    job = NewJob(
        command=_command(options["words"], options["shell_command"]),
        cron=cron,
        every=options["every"] or "",
        at=at,
        start=_read(when.day_or_moment, options["start"]),
        end=_read(when.day_or_moment, options["end"]),
        cwd=resolved(options["cwd"] or "", cwd),
        env=dict(map(_variable, options["env"])),
        enabled=not options["disabled"],
        **{name: options[name] for name in SAME if options[name] is not None},
    )
    if (job.start or job.end) and not job.is_planned:
        raise click.UsageError(f"--from and --to need one of {', '.join(WAYS.values())}")
    return job


def _times(options: Options, now: datetime) -> tuple[tuple[datetime, ...], tuple[str, ...]]:
    """The moments and the cron expressions."""
    ways = [flag for name, flag in WAYS.items() if options[name]]
    if len(ways) > 1:
        raise click.UsageError(f"{' and '.join(ways)} are two ways to say when: give one")
    if options["daily"]:
        return (), (_read(when.daily, options["daily"]) or "",)
    if options["in_"]:
        return (when.later(answer.duration(options["in_"]), now, host_zone().info),), ()
    there = _zone(options["timezone"])
    at = (_read(lambda text: when.once(text, now, there), text) for text in options["at"])
    return tuple(filter(None, at)), options["cron"]


def _zone(name: str | None) -> tzinfo:
    if name is None or name == LOCAL:
        return host_zone().info
    try:
        return zone(name).info
    except Refusal as refusal:
        raise click.UsageError(f"--timezone: {refusal.told}") from refusal


def _command(words: tuple[str, ...], line: str | None) -> str | tuple[str, ...]:
    """The command: words that are run as they are, or a line for the shell."""
    if bool(words) == (line is not None):
        raise click.UsageError("give one command: words after --, or --shell-command TEXT")
    if line is not None:
        return line
    only = words[0]
    if len(words) == 1 and len(only.split()) > 1 and not Path(only).exists():
        raise click.UsageError(
            f"{quoted(only)} is one word with blanks in it, and no program has that name.\n"
            f"Leave out the quotes behind --, or give it to the shell: --shell-command"
        )
    return words


def _variable(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark:
        raise click.UsageError(f"--env {quoted(text)} is no variable: write NAME=VALUE")
    return name, value


def _read(reader: Callable[[str], Some], text: str | None) -> Some | None:
    """What a reader of typed words makes of a text, if there is one."""
    if text is None:
        return None
    try:
        return reader(text)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
