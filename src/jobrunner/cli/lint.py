"""`jobrunner lint`: what is allowed in jobs.toml and seldom meant."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import click

from jobrunner.cli import answer, cell, output, table, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.config.spelling import shown
from jobrunner.engine.figures.lint import Finding, by_message, see_lint
from jobrunner.engine.load import load
from jobrunner.model.settings import Config
from jobrunner.words import numbered, some

NAMED = 3
# What a pipe gets, in this order, where no fields are asked for.
PLAIN = ("file", "line", "code", "job", "message", "fix")


@click.command()
@click.option("--strict", is_flag=True, help="Exit with 1 if there is any advice.")
@json_options("An array of objects.")
@global_options
@click.pass_obj
def command(settings: Globals, *, strict: bool, as_json: bool, fields: str | None) -> int:
    """Show what is allowed in jobs.toml and seldom meant.

    Each rule has a code, which `jobrunner help L106` explains.  Where there is a ledger, what jobs
    usually take counts.  In a pipe: file, line, code, job, message, what to write.

    \b
    Examples:
      jobrunner lint
      jobrunner -c jobs.toml lint --strict
      jobrunner lint --json --fields code,job,line
    """
    chosen = answer.chosen_fields(fields, Finding)
    config = load(settings.config, asker())
    found = see_lint(config, asker(), settings.clock.now(), timezone.here())
    if as_json:
        answer.as_json(found, chosen)
    elif output.is_terminal() and not fields:
        _show(found, config)
    else:
        names = chosen if fields else PLAIN
        output.tabs([cell.plain(getattr(one, name)) for name in names] for one in found)
    return int(strict and bool(found))


def _show(found: Sequence[Finding], config: Config) -> None:
    jobs = numbered(len(config.jobs), "job")
    if not found:
        output.say(f"{output.sign('ok')} {shown(config.origin)}: {jobs}, no advice.")
        return
    for code, findings in groupby(found, key=lambda one: one.code):
        _section(code, list(findings))
    rules = len({one.code for one in found})
    said = f"{len(found):,} pieces of advice" if len(found) > 1 else "1 piece of advice"
    by_rules = f" by {numbered(rules, 'rule')}" if rules > 1 else ""
    table.remark(
        f"{said}{by_rules} on {jobs}. Explain one: jobrunner help {found[0].code}", indent=""
    )


def _section(code: str, findings: Sequence[Finding]) -> None:
    output.say(output.style(f"{code}: {findings[0].title}", bold=True))
    for same in by_message(findings).values():
        table.beside("  ", "".join(_told(same)))
    for fix in dict.fromkeys(one.fix for one in findings):
        table.beside("  fix: ", shown(fix))
    output.say()


def _told(same: Sequence[Finding]) -> Iterator[str]:
    """The place of the first, the jobs, what is the matter with them."""
    first = same[0]
    if first.job:
        yield f"{shown(first.file)}:{first.line} " if first.line else f"{shown(first.file)} "
        yield some([one.job for one in same], NAMED)
        yield ": "
    yield shown(first.message)
