"""The `jobrunner` command: finds the command's module when it is called, and maps errors.

What only a command needs is imported by that command: others are started every minute.
"""

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from keyword import iskeyword
from typing import Any, NoReturn

import click

from jobrunner import __version__
from jobrunner.cli import output
from jobrunner.cli.option import Globals, global_options
from jobrunner.cli.overview import COMMANDS, TEXT
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


class LeftError(Exception):
    """Whoever reads the answer has read enough."""


class Commands(click.Group):
    """Commands that are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
            command: click.Command = import_module(f"jobrunner.cli.{module}").command
            gc.enable()
            return command
        if cmd_name.startswith("-"):
            return None
        raise click.NoSuchCommand(cmd_name, possibilities=COMMANDS, ctx=ctx)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        formatter.write(f"{TEXT}\n")

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:  # click would end the process with a code of its own
            raise LeftError from error


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="jobrunner %(version)s")
@global_options
@click.pass_context
def jobrunner(ctx: click.Context) -> None:
    """cron with a memory: every due slot of every job ends in a ledger."""
    if ctx.invoked_subcommand is None:
        output.say(ctx.get_help())


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command that the arguments name, and exit with its code."""
    _open_closed_streams()
    _leave(run(argv))


def _leave(code: int) -> NoReturn:
    """End at once: what Python would tidy up is a sixth of what `list` costs, and is gone anyway.

    Who still has threads waits for them.
    """
    threading = sys.modules.get("threading")
    if threading and threading.active_count() > 1:
        sys.exit(code)
    atexit._run_exitfuncs()  # noqa: SLF001 - as Python itself would do
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody takes it, or it is closed
            stream.flush()
    os._exit(code)


def run(argv: Sequence[str] | None = None, *, clock: Clock | None = None) -> int:
    """Run the command that the arguments name; its exit code."""
    settings = Globals(clock or SystemClock())
    try:
        code = jobrunner.main(argv, "jobrunner", standalone_mode=False, obj=settings)
        sys.stdout.flush()
    except click.ClickException as error:
        import_module("jobrunner.cli.mistyped").show(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except JobrunnerError as error:
        output.complain(str(error), is_report=error.is_report)
        return exit_code(error)
    except (LeftError, BrokenPipeError):
        output.abandon(sys.stdout)
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
