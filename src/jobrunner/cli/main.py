"""The `jobrunner` command: finds the command's module when it is called, and maps errors.

What only a command needs is imported by that command: others are started every minute.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from jobrunner import __version__
from jobrunner.cli import output
from jobrunner.cli.option import Globals, global_options
from jobrunner.clock import Clock, SystemClock
from jobrunner.errors import (
    BusyError,
    ForbiddenError,
    JobrunnerError,
    StoreError,
    UnknownError,
    UnusableError,
)

EXIT_CODES: dict[type[JobrunnerError], int] = {
    JobrunnerError: 1,
    StoreError: 1,
    UnusableError: 3,
    ForbiddenError: 4,
    UnknownError: 5,
    BusyError: 6,
}
STDERR = 2
INTERRUPTED = 130
BROKEN_PIPE = 141
# Each is the function `command` in the module of this package that has its name.
COMMANDS = {
    "init": "Write a first jobs.toml.",
    "add": "Add a job to jobs.toml.",
    "set": "Change keys of jobs.toml.",
    "edit": "Edit jobs.toml, checked before it is saved.",
    "rm": "Remove jobs from jobs.toml.",
    "list": "Show the jobs and how they are.",
    "next": "Show what is due next.",
    "show": "Show one job in full.",
    "why": "Tell why a job did or did not start.",
    "run": "Run a job now and watch it.",
    "logs": "Show what a run wrote.",
    "history": "Show past runs.",
    "stop": "Stop a run.",
    "retry": "Run a run that failed again.",
    "backfill": "Run a job for each of its past slots.",
    "pause": "Hold jobs still for a while.",
    "resume": "Let paused jobs go on.",
    "exec": "Run a command as a job that is in no file.",
    "status": "Tell on one screen whether all is well.",
    "validate": "Check jobs.toml and tell every problem at once.",
    "tick": "See to what is due; run every minute.",
    "loop": "See to what is due, in the foreground.",
    "help": "Explain a command or an error code.",
}


class Commands(click.Group):
    """Commands that are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            command: click.Command = import_module(f"jobrunner.cli.{cmd_name}").command
            return command
        if cmd_name.startswith("-"):
            return None
        raise click.NoSuchCommand(cmd_name, possibilities=COMMANDS, ctx=ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="jobrunner %(version)s")
@global_options
@click.pass_context
def jobrunner(ctx: click.Context) -> None:
    """cron with a memory: every due slot of every job ends in a ledger.

    \b
    Examples:
      jobrunner validate                 is jobs.toml right?
      jobrunner next --within 12h        what is due in the next twelve hours?
      jobrunner help E110                what does an error code mean?
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command that the arguments name, and exit with its code."""
    _open_closed_streams()
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None, *, clock: Clock | None = None) -> int:
    """Run the command that the arguments name; its exit code."""
    settings = Globals(clock or SystemClock())
    try:
        code = jobrunner.main(argv, "jobrunner", standalone_mode=False, obj=settings)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except JobrunnerError as error:
        output.complain(str(error), is_report=error.is_report)
        return exit_code(error)
    except BrokenPipeError:
        output.abandon(sys.stdout)  # whoever read our answer has read enough
        return BROKEN_PIPE
    except Exception:
        if settings.debug:
            raise
        return _bug()
    return code or 0


def exit_code(error: JobrunnerError) -> int:
    """The code of the nearest kind of error in the table."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def _bug() -> int:
    """Keep the report of a bug in a file, and tell where."""
    error = sys.exception() or "unknown"
    where = import_module("jobrunner.cli.bug").report()
    output.complain(f"internal error: {error!r}\nThis is a bug. What happened is {where}")
    return 1


def _open_closed_streams() -> None:
    """Give /dev/null the place of streams that the caller closed, so that no file takes it."""
    while (file := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        pass
    os.close(file)
    sys.stdin = sys.stdin or os.fdopen(0, "r")
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")
