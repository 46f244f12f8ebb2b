"""`jobrunner loop`: see to what is due, in the foreground."""

from typing import Any

import click

from jobrunner import __version__
from jobrunner.cli import output
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options
from jobrunner.cli.serve import Given, door_options, serve
from jobrunner.config.spelling import shown
from jobrunner.engine.load import load
from jobrunner.engine.scene import state_of
from jobrunner.engine.state import prepare
from jobrunner.engine.stopping import NEVER
from jobrunner.engine.supervise import become_newer, supervise
from jobrunner.errors import UnusableError
from jobrunner.words import numbered


@click.command()
@click.option("--serve", "is_served", is_flag=True, help="Serve the page and the API, too.")
@door_options
@global_options
@click.pass_obj
def command(settings: Globals, /, *, is_served: bool, **options: Any) -> int:
    """See to what is due, in the foreground.

    For containers, and for hosts without cron and systemd: it needs no tick.  Says what it does on
    standard error.  SIGTERM and Ctrl-C let running jobs end first, a second one leaves them to
    whoever comes next; SIGHUP has jobs.toml read again.  With --serve the page is another process,
    which is there until jobs have ended.

    \b
    Examples:
      jobrunner loop
      jobrunner loop --serve
      jobrunner loop --serve --host 0.0.0.0 --insecure
      jobrunner -c /etc/jobrunner/jobs.toml loop
    """
    if settings.config == "-":
        raise UnusableError("loop reads jobs.toml again and again: it cannot come from a pipe.")
    given = Given(**options)
    if is_served:
        serve(settings, given, with_loop=True)
    if given:
        raise click.UsageError("where to listen is for the page, and there is none: add --serve.")
    config = load(settings.config, asker())
    state = state_of(config, asker())
    prepare(state)
    jobs = numbered(len(config.jobs), "job")
    words = f"jobrunner {__version__} sees to {jobs} of {shown(config.origin)}."
    if config.settings.log_format == "text":  # else every line is an object
        output.aside(f"{words} Ctrl-C lets running jobs end first.")
    if supervise(config.origin, state, settings.clock, linger=NEVER):
        become_newer(["--config", config.origin, "loop"])
    return 0
