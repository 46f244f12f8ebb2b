"""`jobrunner doctor`: what is wrong with this host, its files and its jobs."""

import sys
from collections.abc import Sequence
from itertools import groupby

import click

from jobrunner.cli import answer, cell, output, table
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.clock import Clock
from jobrunner.config.spelling import shown
from jobrunner.engine.doctor.examine import examine
from jobrunner.engine.doctor.finding import Finding
from jobrunner.engine.doctor.patient import Look
from jobrunner.engine.load import STDIN
from jobrunner.engine.ticker import this_host
from jobrunner.errors import UnusableError
from jobrunner.words import numbered

SIGNS = {"ok": "ok", "warning": "note", "problem": "bad"}
PLAIN = ("severity", "group", "job", "message", "fix")
SLOW = 1.0  # seconds, from which on it is told that something goes on


@click.command()
@click.argument("job", required=False)
@click.option("--full", is_flag=True, help="Read every index of the ledger too; takes its time.")
@json_options("An array of objects.")
@global_options
@click.pass_obj
def command(
    settings: Globals, *, job: str | None, full: bool, as_json: bool, fields: str | None
) -> int:
    """Look for what is wrong with this host, its files and its jobs.

    Changes nothing, and works whatever is broken.  With JOB, only what is about that job.  Exits
    with 1 if there is a problem; a warning is none.

    \b
    Examples:
      jobrunner doctor
      jobrunner doctor backup
      jobrunner doctor --json
    """
    if settings.config == STDIN:
        raise UnusableError("doctor looks at files: name one with -c FILE.")
    chosen = answer.chosen_fields(fields, Finding)
    patience = _Patience(settings.clock)
    look = Look(
        option=settings.config,
        asker=asker(),
        host=this_host(),
        clock=settings.clock,
        now=settings.clock.now(),
        job=job,
        full=full,
        on_step=patience.step,
    )
    found = examine(look)
    patience.end()
    if as_json:
        answer.as_json(found, chosen)
    elif fields or not output.is_terminal():
        wanted = chosen if fields else PLAIN
        output.tabs([[cell.plain(getattr(one, field)) for field in wanted] for one in found])
    else:
        _show(found)
    return 1 if any(each.severity == "problem" for each in found) else 0


def _show(found: Sequence[Finding]) -> None:
    for group, findings in groupby(found, key=lambda each: each.group):
        output.say(output.style(group, bold=True))
        for each in findings:
            table.beside(f"  {output.sign(SIGNS[each.severity])} ", shown(each.message))
            if each.fix:
                table.beside("      ", shown(each.fix))
    output.say()
    output.say(summary(found))


def summary(found: Sequence[Finding]) -> str:
    """How much is wrong: "1 problem, 5 warnings"."""
    kinds = [each.severity for each in found]
    counts = [(kinds.count(kind), kind) for kind in ("problem", "warning")]
    told = [numbered(count, kind) for count, kind in counts if count]
    return ", ".join(told) or f"all is well: {numbered(len(found), 'thing')} looked at"


class _Patience:
    """Tells, on a terminal, that a large ledger takes its time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = self._told_at = clock.elapsed()

    def step(self) -> None:
        now = self._clock.elapsed()
        if sys.stderr.isatty() and now - self._told_at > SLOW:
            self._told_at = now
            click.echo(f"\rreading the ledger, {now - self._began:.0f}s", err=True, nl=False)

    def end(self) -> None:
        if self._told_at > self._began:
            click.echo("\r\x1b[K", err=True, nl=False)
