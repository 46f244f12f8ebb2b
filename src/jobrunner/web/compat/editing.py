"""Changes of one job in jobs.toml, as other schedulers let their users make them: the last wins."""

from collections.abc import Callable, Mapping
from typing import Any

from jobrunner.config import edit
from jobrunner.engine.draft.site import file_of
from jobrunner.engine.draft.slot import is_over
from jobrunner.engine.draft.table import rewritten, table_of
from jobrunner.engine.draft.trial import Change, Draft, rewrite
from jobrunner.errors import JobrunnerError
from jobrunner.model.settings import Config
from jobrunner.web.call import Call
from jobrunner.web.deed import deed
from jobrunner.web.drafting import bounded, difference, saved, site_of
from jobrunner.web.editing import require_edit

Table = Mapping[str, Any]


def add(call: Call, name: str, table: Table, beside: str = "") -> Draft:
    """Add a job: in the main file, or in that of the job `beside`, which it is made after."""
    require_edit(call)
    site = site_of(call)
    file = file_of(site, beside) if beside else site.main

    def object_(config: Config) -> None:
        if is_over(config.jobs[name], call.now):
            raise JobrunnerError(f"{name} would never run: all its times are past.")

    with deed(call, "job.create", name) as note:
        change = bounded(lambda text: edit.add(text, name, table))
        draft = rewrite(site.trial(file), change, object_)
        note.detail = difference(draft)
    return draft


def change(call: Call, name: str, action: str, make: Callable[[Table], Table]) -> Draft:
    """Put what `make` makes of a job's table in its place, whatever it was a moment ago."""

    def changed(text: str) -> str:
        return rewritten(text, ("jobs", name), make(table_of(text, name)))

    return write(call, name, action, changed)


def write(call: Call, name: str, action: str, changed: Change) -> Draft:
    """Change the file that declares a job; a name that is empty means the main one."""
    require_edit(call)
    site = site_of(call)
    with deed(call, action, name or "defaults.retry") as note:
        trial = site.trial(file_of(site, name) if name else site.main)
        draft = rewrite(trial, bounded(changed))
        note.detail = difference(draft)
    return draft


def told(call: Call, draft: Draft) -> str:
    """What a change means, in a line; whoever is awake reads the file."""
    return " ".join(" ".join(saved(call, draft).said).split())
