"""`jobrunner edit`: the user's editor on jobs.toml, and a second chance for what is wrong."""

import sys
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import NoReturn

import click

from jobrunner.cli import output, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.option import Globals, global_options
from jobrunner.config.spelling import shown
from jobrunner.engine.draft.change import told
from jobrunner.engine.draft.session import (
    editor_of,
    instead_of,
    keep,
    open_editor,
    private_copy,
    rejected,
)
from jobrunner.engine.draft.site import (
    Site,
    check_writable,
    file_of,
    line_of,
    survey,
    text_of,
)
from jobrunner.engine.draft.trial import Draft, RefusedError, rewrite
from jobrunner.errors import JobrunnerError, UnusableError

DISCARD, SAVE, CHOICES = "d", "s", ("e", "d", "s")


@click.command()
@click.argument("job", required=False)
@global_options
@click.pass_obj
def command(settings: Globals, *, job: str | None) -> None:
    """Edit jobs.toml, checked before it is saved.

    With JOB the file that declares it.  What is edited is a copy: the file changes only once the
    copy is free of errors, and only if nobody else changed it meanwhile.

    \b
    Examples:
      jobrunner edit
      jobrunner edit backup
      EDITOR=nano jobrunner edit
    """
    who = asker()
    site = survey(settings.config, who)
    file = file_of(site, job) if job and (site.config or job in site.jobs) else site.main
    check_writable(file, who.uid)
    editor = editor_of(who.environ)
    old = text_of(file, who.uid)
    line = line_of(old, ("jobs", job)) if job else 1
    with private_copy(file, old) as copy:
        draft = _edited(site, (file, old), copy, editor, line)
    if draft is None:
        output.tell(f"No change; {shown(file)} is as it was.")
        return
    for words in told(draft, settings.clock.now(), timezone.here().info):
        output.tell(words)
    output.tell(f"  what is planned: {site.program} next")
    if draft.undo is not None:
        output.tell(f"  undo: {site.program} config restore {draft.undo}")


def _edited(
    site: Site, held: tuple[str, str], copy: Path, editor: Sequence[str], line: int
) -> Draft | None:
    """What was saved in the place of what the file held; None if it is the same."""
    file, old = held
    while True:
        new = open_editor(editor, copy, line)
        if new == old:
            return None
        try:
            return rewrite(site.trial(file), instead_of(old, new))
        except RefusedError as error:
            output.complain(error.report, is_report=True)
            line = error.line
            _go_on(file, new)
        except JobrunnerError as error:
            text = f"{error}\nWhat you wrote is in {shown(keep(file, new))}"
            raise type(error)(text) from error


def _go_on(file: str, new: str) -> None:
    """Return to edit again; else the command ends here, and the file is as it was."""
    if not sys.stdin.isatty():
        raise UnusableError(
            f"{shown(file)} is as it was, and there is no terminal to ask on.\n"
            f"What you wrote is in {shown(keep(file, new))}"
        )
    choice = _asked(file)
    if choice == SAVE:
        path = shown(keep(file, new))
        _end(f"Saved as {path}; {shown(file)} is as it was.\n  check it: jobrunner validate {path}")
    if choice == DISCARD:
        _end(f"Discarded; {shown(file)} is as it was.")


def _asked(file: str) -> str:
    question = "What now? [e]dit again, [d]iscard, [s]ave as"
    try:
        choice: str = click.prompt(
            f"{question} {shown(PurePath(rejected(file)).name)}",
            type=click.Choice(CHOICES, case_sensitive=False),
            show_choices=False,
            prompt_suffix=" > ",
            err=True,
        )
    except click.Abort:  # whoever leaves without an answer keeps what he wrote
        return SAVE
    return choice


def _end(words: str) -> NoReturn:
    output.say(words)
    click.get_current_context().exit(1)
