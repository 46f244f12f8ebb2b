"""`jobrunner db`: the ledger as a file."""

import click

from jobrunner.cli import output
from jobrunner.cli.caller import asker
from jobrunner.cli.consent import require_consent
from jobrunner.cli.option import Globals, global_options
from jobrunner.cli.progress import screen
from jobrunner.config.spelling import shown
from jobrunner.engine.actions import ledger, told
from jobrunner.engine.actions.relocate import check as check_move
from jobrunner.engine.actions.relocate import relocate
from jobrunner.engine.actions.roof import whereabouts
from jobrunner.engine.report.words import readable
from jobrunner.store.location import is_shared
from jobrunner.store.telling import told as told_place
from jobrunner.store.value import Pruned
from jobrunner.words import listed, numbered


@click.group()
@global_options
def command() -> None:
    """Copy, check, prune, restore and repair the ledger.

    The ledger is one SQLite file, unless `store` says otherwise.  sqlite-utils and datasette read
    it as it is.

    \b
    Examples:
      jobrunner db backup /backup/jobrunner.db
      jobrunner db check --full
      sqlite-utils "$(jobrunner db path)" "select * from history limit 10" --table
    """


@command.command()
@global_options
@click.pass_obj
def path(settings: Globals) -> None:
    """Print where the ledger is, of a URL all but the password.

    \b
    Example:
      datasette "$(jobrunner db path)"
    """
    output.say(told_place(whereabouts(settings.config, asker()).ledger))


@command.command()
@click.argument("target", required=False, default="", metavar="[FILE|FOLDER]")
@global_options
@click.pass_obj
def backup(settings: Globals, *, target: str) -> None:
    """Copy the ledger while it is in use.

    The copy is checked in full before it gets its name, and only its owner can read it.  Without a
    name it goes to the state folder, named by the time.

    \b
    Examples:
      jobrunner db backup
      jobrunner db backup /backup/jobrunner.db
    """
    with screen(settings.clock) as there:

        def on_step(done: int, of: int) -> None:
            there.status(_share(done, of, "pages copied"), "running")

        made = ledger.backup(settings.config, asker(), target, settings.clock.now(), on_step)
    output.tell(f"{output.sign('ok')} {shown(str(made))}  {readable(made.stat().st_size)}, checked")


@command.command()
@click.argument("file")
@click.option("--other", is_flag=True, help="Also if it is a copy of another ledger.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@global_options
@click.pass_obj
def restore(settings: Globals, *, file: str, other: bool, yes: bool) -> None:
    """Put a copy in the ledger's place.

    The copy is checked first.  The ledger that is there is kept under another name.  Slots that
    were seen after the copy was made are seen again: those within their grace run again.

    \b
    Example:
      jobrunner db restore /backup/jobrunner.db
    """
    require_consent(f"Put {shown(file)} in the ledger's place?", yes=yes)
    found = ledger.restore(settings.config, asker(), file, settings.clock, other=other)
    output.tell(f"{output.sign('ok')} The ledger is that copy now: {numbered(found.runs, 'run')}.")
    if found.kept:
        output.tell(f"  what was there: {shown(str(found.kept))}")
    output.tell("  what it knows last: jobrunner history -n 5")


@command.command()
@click.option("--full", is_flag=True, help="Read all of it; takes its time.")
@global_options
@click.pass_obj
def check(settings: Globals, *, full: bool) -> int:
    """Look whether the ledger is sound; exits with 1 if it is not.

    A full check of one in PostgreSQL reads every row.

    \b
    Examples:
      jobrunner db check
      jobrunner db check --full
    """
    file, problems = ledger.check(settings.config, asker(), settings.clock, full=full)
    if not problems:
        output.say(f"{output.sign('ok')} {shown(file)} is sound.")
        return 0
    output.say(f"{output.sign('bad')} {shown(file)}: {numbered(len(problems), 'problem')}")
    for problem in problems:
        output.say(f"  {shown(problem)}")
    if not is_shared(file):
        output.tell("Restore a copy (jobrunner db restore FILE), or save what can be read:")
        output.tell("  jobrunner db recover")
    return 1


@command.command(short_help="Let go of what is older or more than is kept.")
@click.option("--dry-run", is_flag=True, help="Tell how many runs would go.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@global_options
@click.pass_obj
def prune(settings: Globals, *, dry_run: bool, yes: bool) -> None:
    """Let go of history and output that is older or more than jobs.toml keeps.

    It is done by itself too, four times a day.  What is kept: [settings.retention].

    \b
    Examples:
      jobrunner db prune --dry-run
      jobrunner db prune --yes
    """
    with ledger.pruning(settings.config, asker(), settings.clock) as pruning:
        output.say(f"{numbered(pruning.runs, 'run')} past what [settings.retention] keeps.")
        if dry_run:
            output.say("Nothing was removed (--dry-run).")
            return
        if pruning.runs:
            require_consent(f"Remove {numbered(pruning.runs, 'run')} for good?", yes=yes)
        with screen(settings.clock) as there:
            swept = pruning.do(lambda step: there.status(_progress(step), "running"))
        output.tell(f"{output.sign('ok')} Removed {swept}.")


@command.command()
@global_options
@click.pass_obj
def migrate(settings: Globals) -> None:
    """Make the ledger, or bring one of an older jobrunner up to date.

    The older one is copied first, if it is a file.  A supervisor does it by itself when it starts.

    \b
    Example:
      jobrunner db migrate
    """
    file, steps = ledger.migrate(settings.config, asker(), settings.clock)
    done = f"brought up to date: {listed(steps)}" if steps else "is up to date."
    output.tell(f"{output.sign('ok')} {shown(file)} {done}")


@command.command()
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@global_options
@click.pass_obj
def recover(settings: Globals, *, yes: bool) -> int:
    """Save what can be read of a damaged ledger into a new one.

    The damaged file is kept.  Exits with 1 if rows were lost.

    \b
    Example:
      jobrunner db recover
    """
    require_consent("Read what can be read of the ledger into a new one?", yes=yes)
    with screen(settings.clock) as there:

        def on_rows(table: str, rows: int) -> None:
            there.status(f"{rows:,} rows of {table} saved", "running")

        found = ledger.recover(settings.config, asker(), settings.clock, on_rows)
    rows = found.rows.get("runs", 0)
    output.tell(f"{output.sign('ok')} Saved {numbered(rows, 'run')} into a new ledger.")
    output.tell(f"  the damaged one: {shown(str(found.kept))}")
    if not found.incomplete:
        return 0
    output.say(f"{output.sign('note')} Rows were lost of {listed(found.incomplete)}.")
    return 1


@command.command(short_help="Take the ledger to another database.")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@global_options
@click.pass_obj
def move(settings: Globals, *, source: str, target: str, yes: bool) -> None:
    """Take the ledger to another database: from a file to PostgreSQL, or back.

    FROM and TO are a path, a URL, or, so that a password is in no list of processes, env:NAME for
    the variable or file:PATH for the file that holds one.  No supervisor may be awake.  When it is
    broken off, the same command goes on with it.  In the end both sides are compared row by row,
    and the old one is used no more.

    \b
    Examples:
      jobrunner db move /var/lib/jobrunner/db/ledger.db env:JOBRUNNER_STORE
      jobrunner db move env:JOBRUNNER_STORE /var/lib/jobrunner/db/ledger.db
    """
    check_move(settings.config, asker(), source, target)
    require_consent("Move the ledger? The old one is used no more afterwards.", yes=yes)
    with screen(settings.clock) as there:

        def on_step(what: str, done: int, of: int) -> None:
            there.status(_share(done, of, f"rows {what}"), "running")

        done = relocate(
            settings.config, asker(), source, target, clock=settings.clock, on_step=on_step
        )
    arrived = done.arrived
    rows = sum(arrived.rows.values())
    what = f"{numbered(arrived.rows['runs'], 'run')}, {numbered(rows, 'row')} in all"
    output.tell(f"{output.sign('ok')} Moved {what}, to {shown(arrived.target)}; compared.")
    output.tell(f"  The old one refuses to be used from now on: {shown(arrived.source)}")
    if done.setting:
        output.tell("  Write into jobs.toml, on every host:")
        output.say(f"[settings]\n{shown(done.setting)}")
    else:
        output.tell("  jobs.toml says so already.")


def _progress(step: Pruned) -> str:
    if not step.of:
        return "what else is old"
    return _share(step.seen, step.of, "runs looked at")


def _share(done: int, of: int, what: str) -> str:
    bar = told.bar(done / of if of else 1.0, plain=output.is_plain())
    return f"{bar} {done:,} of {of:,} {what}"
