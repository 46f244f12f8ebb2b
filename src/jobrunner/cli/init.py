"""`jobrunner init`: a first jobs.toml and its state folder."""

from collections.abc import Callable, Iterable, Sequence

import click

from jobrunner.cli import output
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.spelling import shown
from jobrunner.engine.draft import first
from jobrunner.engine.draft.first import Host, Step
from jobrunner.engine.draft.site import main_file, near, program
from jobrunner.jobfile.place import NAME, Asker

AFTERWARDS = (
    ("run hello", "run it now"),
    ("list", "what is planned"),
    ("edit", "change the file, checked before it is saved"),
    ("install cron", "run due jobs every minute; or: install systemd"),
)

Say = Callable[[str], None]


@click.command()
@click.option("--path", help="The file to make, in place of ./jobs.toml.")
@click.option("--system", is_flag=True, help="Set up this host: /etc/jobrunner and a system user.")
@click.option("--dry-run", is_flag=True, help="Tell what would be made, and make nothing.")
@global_options
@click.pass_obj
def command(settings: Globals, *, path: str | None, system: bool, dry_run: bool) -> None:
    """Write a first jobs.toml.

    It holds two example jobs, one of them commented out.  A file that is there is left as it is.

    \b
    Examples:
      jobrunner init                            # ./jobs.toml
      jobrunner init --path ops/jobs.toml       # another place
      sudo jobrunner init --system              # /etc/jobrunner/jobs.toml
    """
    who = asker()
    if system and (path or settings.config):
        raise click.UsageError("--system has its own place: leave out --path and --config")
    host = Host()
    file = host.jobs if system else _place(path or settings.config, who)
    first.check_new(file, who, near(file, who.cwd))
    made = first.host_steps(host) if system else first.steps(file, who)
    if dry_run:
        _tell(made, "Would make", "Would keep", who.cwd, output.say)
        output.say("Nothing was made: --dry-run.")
        return
    if system:
        first.begin_host(host, who.uid)
    else:
        first.begin(file, who)
    _tell(made, "Created", "Kept", who.cwd, output.tell)
    _hint(program(file, who))


def _place(option: str | None, who: Asker) -> str:
    """What an option or $JOBRUNNER_CONFIG names, or ./jobs.toml."""
    named = option or who.environ.get("JOBRUNNER_CONFIG")
    return main_file(named or NAME, who)


def _tell(steps: Iterable[Step], made: str, kept: str, cwd: str, say: Say) -> None:
    rows = [(f"{kept if s.is_there else made} {_named(s.what, cwd)}", s.remark) for s in steps]
    _columns(rows, "", say)


def _named(what: str, cwd: str) -> str:
    if not what.startswith("/"):
        return shown(what)
    return near(what.rstrip("/"), cwd) + ("/" if what.endswith("/") else "")


def _hint(program: str) -> None:
    output.tell("\nNext:")
    _columns([(f"{program} {words}", remark) for words, remark in AFTERWARDS], "  ", output.tell)


def _columns(rows: Sequence[tuple[str, str]], margin: str, say: Say) -> None:
    width = max(25 - len(margin), *(len(name) for name, _ in rows))
    for name, remark in rows:
        say(f"{margin}{name:{width}}    {remark}")
