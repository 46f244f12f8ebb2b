"""`jobrunner exec`: a command that is in no file, with history, lock, timeout and retries."""

import os
import re
import signal
import sys
from contextlib import suppress

import click
from msgspec.structs import replace

from jobrunner.cli import answer, output
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.spelling import shown, unknown
from jobrunner.config.zone import host_zone
from jobrunner.engine.actions.code import OURS, exit_code
from jobrunner.engine.actions.errand import Errand, Runner
from jobrunner.engine.actions.interrupt import heeded
from jobrunner.engine.actions.outlet import Outlet
from jobrunner.engine.actions.preview import ground_of
from jobrunner.engine.actions.roof import roof
from jobrunner.engine.actions.who import who
from jobrunner.engine.rise import rouse
from jobrunner.errors import JobrunnerError, StoreError
from jobrunner.model.job import Job, Retry
from jobrunner.model.run import Run, State
from jobrunner.model.settings import Config
from jobrunner.model.value import Duration
from jobrunner.process.descriptor import keep_from_children

NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
KNOWN = "Those there are: jobrunner notify list"
UNTOLD = frozenset({State.TIMEOUT, State.STOPPED, State.LOST})
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("line", nargs=-1, required=True, metavar="-- COMMAND...")
@click.option("--name", required=True, metavar="NAME", help="What its history is kept under.")
@click.option("--timeout", metavar="DURATION", help="Stop it after so long, as 1h.")
@click.option("--kill-after", metavar="DURATION", default="10s", show_default=True)
@click.option("--lock", default="", metavar="NAME", help="Run only if nobody else has this lock.")
@click.option("--retries", type=click.IntRange(0, 1000), default=0, help="Further attempts.")
@click.option("--retry-delay", metavar="DURATION", default="30s", show_default=True)
@click.option("--notify", multiple=True, metavar="CHANNEL", help="Who hears of its failure.")
@click.option("--stdin", "reads", is_flag=True, help="Hand standard input on, once it has ended.")
@global_options
@click.pass_obj
def command(
    settings: Globals,
    *,
    line: tuple[str, ...],
    name: str,
    timeout: str | None,
    kill_after: str,
    lock: str,
    retries: int,
    retry_delay: str,
    notify: tuple[str, ...],
    reads: bool,
) -> int:
    """Run a command as a job that is in no file.

    For a line of an existing crontab: it gets a history, and a lock, a timeout, retries and alerts
    if they are wanted, at once.  Without --notify the channels of [defaults] hear of failures.  It
    runs here, with this environment and in this folder; what it writes is
    kept and shown.  Ends with its exit code; 124 after a timeout, 125 if jobrunner failed, 6 if it
    was left out because of a lock or a pause.

    \b
    Examples:
      jobrunner exec --name backup -- /usr/local/bin/backup.sh --full
      jobrunner exec --name sync --timeout 10m --lock sync -- rsync -a /a/ /b/
      jobrunner exec --name report --retries 3 --notify ops -- make report
    """
    job = Job(
        name=_name(name),
        command=line,
        timezone=host_zone(),
        timeout=_duration(timeout) if timeout else None,
        kill_after=_duration(kill_after),
        lock=_name(lock) if lock else "",
        retry=Retry(attempts=retries, delay=_duration(retry_delay)),
        notify=notify,
        umask=f"{_umask():03o}",
    )
    errand = Errand(
        job=job,
        argv=line,
        cwd=asker().cwd,
        env={key: value for key, value in os.environ.items() if key.isprintable()},
        stdin=sys.stdin.buffer.read() if reads else b"",
    )
    try:
        return _run(settings, errand)
    except StoreError as error:
        output.complain(f"{name} was not run: {error}")
        return OURS


def _run(settings: Globals, errand: Errand) -> int:
    keep_from_children()
    sys.stdout.flush()
    with heeded(*SIGNALS) as interrupts, roof(settings.config, asker()) as found:
        here = found.scene
        if found.problem:
            _say(f"jobs.toml cannot be used: {found.problem.splitlines()[0]}")
        ground = ground_of(here.config, here.state, settings.clock)
        runner = Runner(here.store, here.config, ground, who(asker()), interrupts)
        errand = replace(errand, job=_with_channels(errand.job, here.config))
        run = runner.run(errand, Outlet(sys.stdout.fileno()), _say)
        _tell(run)
        if runner.has_letters():
            with suppress(JobrunnerError):  # the next tick sends them
                rouse(here.state, here.config.origin, settings.clock)
        if run.state is State.STOPPED and interrupts.first:
            return 128 + interrupts.first
        return exit_code(run)


def _with_channels(job: Job, config: Config) -> Job:
    """The channels that are to hear of it; one that is not there keeps no command from running."""
    for name in job.notify:
        if name not in config.channels:
            _say(f"nobody is told: {unknown('channel', name, config.channels, KNOWN)}")
    named = tuple(name for name in job.notify if name in config.channels)
    return replace(job, notify=named if job.notify else config.notify)


def _say(text: str) -> None:
    """A line on standard error, which cron mails: only of what has to be told."""
    encoding = sys.stderr.encoding or "ascii"
    line = f"jobrunner: {shown(text)}".encode(encoding, "backslashreplace").decode(encoding)
    with suppress(OSError):
        click.echo(line, err=True)


def _tell(run: Run) -> None:
    """What its own output does not say."""
    if run.state is State.SKIPPED:
        # Cron mails what is written: a pause that somebody meant needs no mail each time.
        if not run.reason.startswith("paused") or sys.stderr.isatty():
            _say(f"{run.job} was left out: {run.reason}")
    elif run.state in {State.TIMEOUT, State.STOPPED, State.LOST} or (
        run.state is State.FAILED and run.exit_code is None
    ):
        _say(f"{run.job} #{run.id}: {run.reason}")


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise click.UsageError(f'"{shown(text)}" is not a name (at most 64 of A-Z a-z 0-9 _ . -)')
    return text


def _duration(text: str) -> Duration:
    return Duration(seconds=answer.duration(text).total_seconds())


def _umask() -> int:
    """What this process goes by; the kernel tells it only to who sets another."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
