"""`jobrunner token`: keys to the page and the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from fnmatch import fnmatchcase

import click

from jobrunner.cli import answer, cell, moment, output, table, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.consent import require_word
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.config.spelling import quoted, shown
from jobrunner.engine.access import keyring
from jobrunner.engine.actions.roof import archive
from jobrunner.engine.actions.who import who
from jobrunner.engine.scene import Scene
from jobrunner.errors import ForbiddenError, StoreForbiddenError, UnusableError
from jobrunner.model.access import Role, Token
from jobrunner.words import numbered

HEADER = ("NAME", "BEGINS", "ROLE", "JOBS", "CREATED", "EXPIRES", "LAST USE", "FROM")
OPTIONAL = ("BEGINS", "CREATED", "FROM", "JOBS")
BRIEF = ("name", "prefix", "role", "jobs", "created_at", "expires_at", "used_at")
NONE = "There is no token. jobrunner token create --role viewer --name NAME"
WORD = "revoke"


@click.group()
@global_options
def command() -> None:
    """Make, see and revoke keys to the page and the API.

    A token is shown once, when it is made; the ledger keeps its hash.  Who can write the ledger can
    do all of this.

    \b
    Examples:
      jobrunner token create --role operator --name ci --expires 90d
      jobrunner token list
      jobrunner token revoke ci
    """


@command.command()
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="What it may do: see, run and stop, or everything.",
)
@click.option("--name", required=True, help="What it is called, as what uses it.")
@click.option("--job", "patterns", multiple=True, metavar="GLOB", help="Only these jobs, as db-*.")
@click.option("--expires", metavar="DURATION", help="For so long, as 90d; else until revoked.")
@global_options
@click.pass_obj
def create(
    settings: Globals, *, role: str, name: str, patterns: tuple[str, ...], expires: str | None
) -> None:
    """Make a token.

    The first line of the answer is the token alone.  It is not shown again.

    \b
    Examples:
      jobrunner token create --role viewer --name grafana
      jobrunner token create --role operator --name ci --job "db-*" --expires 90d
    """
    lasts = answer.duration(expires) if expires else None
    now = settings.clock.now()
    with _ledger(settings) as here:
        try:
            made, secret = keyring.give(
                here.store, who(asker()), name, Role(role), jobs=patterns, lasts=lasts, now=now
            )
        except UnusableError as error:
            raise click.UsageError(str(error)) from error
    output.say(secret)
    output.aside(f"{shown(name)}: {shown(keyring.rights(made))}. It is not shown again.")
    for pattern in patterns:
        if not any(fnmatchcase(job, pattern) for job in here.config.jobs):
            output.aside(f"No job is called {quoted(pattern)} so far. The jobs: jobrunner list")


@command.command(name="list")
@click.option("--all", "every", is_flag=True, help="Those that are revoked, too.")
@json_options("An array of objects.")
@global_options
@click.pass_obj
def show(settings: Globals, *, every: bool, as_json: bool, fields: str | None) -> None:
    """Show the tokens, what each may do, and when it was last used.

    In a pipe: name, how it begins, role, jobs, created, expires, last use.

    \b
    Examples:
      jobrunner token list
      jobrunner token list --all --json --fields name,revoked_at
    """
    chosen = answer.chosen_fields(fields, Token)
    with _ledger(settings) as here:
        found = [each for each in here.store.tokens() if every or each.revoked_at is None]
    if as_json:
        answer.as_json(found, chosen)
    elif fields or not output.is_terminal():
        names = chosen if fields else BRIEF
        output.tabs([cell.plain(getattr(each, name)) for name in names] for each in found)
    elif found:
        _table(found, settings.clock.now())
    else:
        table.remark(NONE, indent="")


@command.command()
@click.argument("names", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every token; asks for a word.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@global_options
@click.pass_obj
def revoke(settings: Globals, *, names: tuple[str, ...], every: bool, yes: bool) -> None:
    """Revoke tokens: they open nothing any more.

    Whoever is signed in with one is signed out.  Its name is free again.

    \b
    Examples:
      jobrunner token revoke ci
      jobrunner token revoke --all
    """
    if every == bool(names):
        raise click.UsageError("name the tokens to revoke, or give --all")
    with _ledger(settings) as here:
        if every:
            names = tuple(each.name for each in here.store.tokens() if each.revoked_at is None)
            if names:
                question = f"Revoke {numbered(len(names), 'token')}, and end every session?"
                require_word(question, WORD, yes=yes)
        revoked = keyring.take_back(here.store, who(asker()), names, now=settings.clock.now())
    for name in names:
        output.tell(f"{shown(name)} is revoked{'' if name in revoked else ' already'}.")
    if not names:
        output.tell("No token is left to revoke.")


@contextmanager
def _ledger(settings: Globals) -> Iterator[Scene]:
    """The ledger, whatever is wrong with jobs.toml: a token that leaked has to be revoked."""
    try:
        with archive(settings.config, asker()) as here:
            yield here
    except StoreForbiddenError as error:
        raise ForbiddenError(
            f"{error}\nTokens belong to whoever can write the ledger: root, or its owner."
        ) from error


def _table(found: list[Token], now: datetime) -> None:
    table.show(
        HEADER,
        [_row(each, now) for each in found],
        states=[_sign(each, now) for each in found],
        optional=OPTIONAL,
    )


def _sign(each: Token, now: datetime) -> str:
    if each.revoked_at:
        return "stopped"
    return "ok" if each.is_good(now) else "note"


def _row(each: Token, now: datetime) -> list[str]:
    return [
        shown(each.name),
        shown(each.prefix),
        each.role,
        shown(",".join(each.jobs)) or "all",
        moment.ago(each.created_at, now),
        _end(each, now),
        moment.ago(each.used_at, now) if each.used_at else "never",
        shown(each.used_from),
    ]


def _end(each: Token, now: datetime) -> str:
    if each.revoked_at:
        return f"revoked {moment.ago(each.revoked_at, now)}"
    if each.expires_at is None:
        return "-"
    if each.expires_at <= now:
        return f"expired {moment.ago(each.expires_at, now)}"
    return moment.near(each.expires_at, now, timezone.here().info)
