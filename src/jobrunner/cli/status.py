"""`jobrunner status`: on one screen, whether all is well."""

from datetime import timedelta

import click

from jobrunner.cli import answer, cell, healthsheet, output
from jobrunner.cli.caller import asker
from jobrunner.cli.elsewhere import elsewhere
from jobrunner.cli.option import Globals, global_options, json_options
from jobrunner.config.problem import ConfigError
from jobrunner.config.spelling import shown
from jobrunner.engine.report.health import DEAD, LATE, Overall, silent_of
from jobrunner.engine.report.look import in_force, see_host, supervisor_of
from jobrunner.errors import JobrunnerError
from jobrunner.words import numbered

# As the plugins of monitoring systems exit.
OK, WARNING, CRITICAL, UNKNOWN = range(4)
WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


@click.command()
@click.option("--nagios", is_flag=True, help="One line, and exit codes 0 to 3, for monitoring.")
@json_options("An object.")
@global_options
@click.pass_obj
def command(settings: Globals, *, nagios: bool, as_json: bool, fields: str | None) -> int:
    """Tell on one screen whether all is well.

    Exits with 1 if a job fails, jobs.toml cannot be used, or no tick comes.

    \b
    Examples:
      jobrunner status
      jobrunner status --nagios
      jobrunner status --json --fields healthy,failing
    """
    chosen = answer.chosen_fields(fields, Overall)
    if nagios:
        return _monitored(settings)
    try:
        found = _look(settings)
    except ConfigError as error:
        output.say(f"{output.sign('bad')} {error.summary()}")
        return 1
    if as_json:
        answer.as_object(found, chosen)
    elif fields:
        output.tabs([[cell.plain(getattr(found, field)) for field in chosen]])
    else:
        healthsheet.show(found, settings.clock.now())
    return 0 if found.healthy else 1


def _look(settings: Globals) -> Overall:
    far = elsewhere(settings)
    if far is not None:
        return far.overall()
    with in_force(settings.config, asker()) as (here, problem):
        awake = supervisor_of(here.state)
        return see_host(here, settings.clock.now(), supervisor=awake, problem=problem)


def _monitored(settings: Globals) -> int:
    """One line for a monitoring system, whatever happens."""
    try:
        code, text = verdict(_look(settings))
    except ConfigError as error:
        code, text = CRITICAL, error.summary()
    except JobrunnerError as error:
        code, text = UNKNOWN, str(error).partition("\n")[0]
    output.say(f"JOBRUNNER {WORDS[code]} - {text}")
    return code


def verdict(found: Overall) -> tuple[int, str]:
    """The code for a monitoring system, what is the matter, and figures to draw."""
    code, texts = OK, []
    if found.failing:
        names = ", ".join(job.name for job in found.failing)
        code, texts = CRITICAL, [f"{len(found.failing)} failing: {names}"]
    if found.config_problem:
        code = CRITICAL
        texts.append(f"jobs.toml cannot be used: {_first_line(found.config_problem)}")
    if found.supervisor == "silent":
        code = CRITICAL
        texts.append("the supervisor does not answer")
    if silent := silent_of(found.hosts):
        code = max(code, WARNING)
        texts.append(f"silent: {', '.join(silent)}")
    ticks, told = _ticks(found)
    texts += filter(None, [told])
    if ticks == UNKNOWN and code == OK:
        code = UNKNOWN
    elif ticks != UNKNOWN:
        code = max(code, ticks)
    text = "; ".join(texts) or f"{numbered(found.jobs, 'job')}, none failing"
    return code, f"{text} | {_figures(found)}"


def _ticks(found: Overall) -> tuple[int, str]:
    """What to think of the ticks; who has nothing planned needs none."""
    if found.next_job is None:
        return OK, ""
    if found.tick_age_seconds is None:
        return UNKNOWN, "no tick yet"
    age = timedelta(seconds=found.tick_age_seconds)
    if age <= LATE:
        return OK, ""
    return (CRITICAL if age > DEAD else WARNING), f"no tick for {age // timedelta(seconds=1)}s"


def _figures(found: Overall) -> str:
    figures = f"failing={len(found.failing)} running={found.running} queued={found.queued}"
    if found.tick_age_seconds is None:
        return figures
    limits = f"{LATE.total_seconds():.0f};{DEAD.total_seconds():.0f}"
    return f"{figures} tick_age={found.tick_age_seconds:.0f}s;{limits}"


def _first_line(text: str) -> str:
    return shown(text.partition("\n")[0]).replace("|", "/")
