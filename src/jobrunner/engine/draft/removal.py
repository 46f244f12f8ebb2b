"""Which jobs may be removed: who still waits for them, and which are past their last slot."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from jobrunner.config.edit import remove
from jobrunner.engine.agenda import wherever
from jobrunner.engine.draft.site import Site, file_of
from jobrunner.engine.draft.slot import is_over
from jobrunner.engine.load import load
from jobrunner.engine.scene import ledger_if_any, location_of
from jobrunner.errors import BusyError
from jobrunner.jobfile.place import Asker
from jobrunner.model.job import Job
from jobrunner.schedule.compose import compose
from jobrunner.store.base import Store
from jobrunner.words import listed


def by_file(site: Site, names: Iterable[str]) -> dict[str, list[str]]:
    """The jobs to remove from each file; a file whose jobs others wait for comes last."""
    files: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        files.setdefault(file_of(site, name), []).append(name)
    jobs = site.config.jobs if site.config else {}
    awaited = {name for job in jobs.values() for name in job.after}
    return dict(sorted(files.items(), key=lambda item: not awaited.isdisjoint(item[1])))


def check_followers(site: Site, names: Collection[str]) -> None:
    """Refuse to remove what a job that stays waits for."""
    for job in site.config.jobs.values() if site.config else ():
        awaited = [name for name in job.after if name in names]
        if awaited and job.name not in names:
            raise BusyError(
                f"{job.name} starts after {listed(awaited)}. Nothing was removed.\n"
                f"Remove it too, or change it first: {site.program} set {job.name}.after ..."
            )


def without(text: str, names: Iterable[str]) -> str:
    """The text without these jobs."""
    for name in names:
        text = remove(text, ("jobs", name))
    return text


def ended(site: Site, asker: Asker, now: datetime) -> tuple[list[str], dict[str, str]]:
    """The jobs whose slots are all past and seen to; and those that are past and not done yet.

    The ledger tells: a slot that has just passed may still be looked at, a run may go on.
    """
    config = site.config or load(site.main, asker)
    over = {name: job for name, job in config.jobs.items() if is_over(job, now)}
    if not over:
        return [], {}
    with ledger_if_any(location_of(config, asker)) as store:
        busy = _busy(over, store, now) if store else {}
    return [name for name in over if name not in busy], busy


def _busy(over: Mapping[str, Job], store: Store, now: datetime) -> dict[str, str]:
    busy = {
        mark.job: "its last slot is not seen to yet"
        for mark in wherever(store.marks()).values()
        if mark.job in over and _is_ahead(over[mark.job], mark.looked_at, now)
    }
    return busy | {
        run.job: f"run #{run.id} is {run.state.value}" for run in store.live() if run.job in over
    }


def _is_ahead(job: Job, looked_at: datetime, now: datetime) -> bool:
    """Whether a slot lies between the last look and now."""
    slot = compose(job, looked_at).next_after(looked_at)
    return slot is not None and slot <= now
