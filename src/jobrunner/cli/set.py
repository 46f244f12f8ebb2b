"""`jobrunner set`: keys of jobs.toml, one by one."""

import shlex
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import click

from jobrunner.cli import output, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.edit.literal import key
from jobrunner.config.edit.scan import Path
from jobrunner.config.spelling import shown
from jobrunner.engine.draft.assign import (
    applied,
    path_of,
    typed_key,
    typed_value,
    value_at,
    values,
)
from jobrunner.engine.draft.change import is_secret, told
from jobrunner.engine.draft.site import Site, file_of, survey
from jobrunner.engine.draft.trial import Draft, rewrite
from jobrunner.errors import JobrunnerError


# A value may begin with a dash: set backup.limits.nice -5
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("pairs", nargs=-1, metavar="[KEY VALUE]...")
@click.option("--unset", multiple=True, metavar="KEY", help="Take a key away.")
@global_options
@click.pass_obj
def command(settings: Globals, *, pairs: tuple[str, ...], unset: tuple[str, ...]) -> None:
    """Change keys of jobs.toml.

    One or several at once, all or none of them.  KEY is backup.cron, or settings.max_parallel for
    what is no job's.  VALUE is read as TOML where that fits the key, else it is a text.

    \b
    Examples:
      jobrunner set backup.cron "0 3 * * *"
      jobrunner set backup.timeout 2h backup.retries 3
      jobrunner set backup.tags '["db", "nightly"]'
      jobrunner set --unset backup.timeout
    """
    if len(pairs) % 2 or not (pairs or unset):
        raise click.UsageError(f"give a KEY and a VALUE, or several of both{_meant(*pairs)}")
    site = survey(settings.config, asker())
    typed = zip(pairs[::2], pairs[1::2], strict=True)
    wanted = {path_of(name, site.jobs): values(value) for name, value in typed}
    unwanted = [path_of(name, site.jobs) for name in unset]
    trial = site.trial(_file(site, [*wanted, *unwanted]))
    draft = rewrite(trial, lambda text: applied(text, wanted, unwanted, trial.problems))
    _tell(draft, wanted, unwanted, settings, site.program)


def _meant(job: str = "", name: str = "", value: str | None = None, *more: str) -> str:
    """The key as it is written, for who gave the job as a word of its own."""
    if value is None or more:
        return ""
    return f". Did you mean: jobrunner set {shlex.join([f'{job}.{name}', value])}"


def _file(site: Site, paths: Sequence[Path]) -> str:
    """The one file that all these keys are in."""
    files = {file_of(site, path[1]) if path[0] == "jobs" else site.main for path in paths}
    if len(files) > 1:
        names = " and ".join(map(shown, sorted(files)))
        raise JobrunnerError(f"these keys are in {names}. Set those of each file by themselves.")
    return files.pop()


def _tell(
    draft: Draft,
    wanted: Mapping[Path, Any],
    unwanted: Collection[Path],
    settings: Globals,
    program: str,
) -> None:
    if draft.new == draft.old:
        names = ", ".join(
            f"{key(path)} = {typed_value(value_at(draft.new, path))}" for path in wanted
        )
        output.tell(f"Nothing to change: {names} already.")
        return
    for line in told(draft, settings.clock.now(), timezone.here().info):
        output.tell(line)
    if undo := _undo(draft, [*wanted, *unwanted]):
        output.tell(f"  undo: {program} set {undo}")
    elif draft.undo is not None:
        output.tell(f"  undo: {program} config restore {draft.undo}")


def _undo(draft: Draft, paths: Sequence[Path]) -> str:
    """The arguments that bring back what was; nothing where a secret would be shown.

    Nor where what was is more than a line.
    """
    words = []
    for path in paths:
        old = value_at(draft.old, path)
        if is_secret(path[-1], old):
            return ""
        name = typed_key(path)
        words.append(f"--unset {name}" if old is None else f"{name} {typed_value(old)}")
    line = " ".join(words)
    return line if line.isprintable() else ""
