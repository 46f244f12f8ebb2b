"""Which jobs are told of, in which order: by tag, by how they are, by a word in them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from jobrunner.config.spelling import unknown
from jobrunner.engine.report.health import failing_of
from jobrunner.engine.report.overview import STATUSES, Entry, see_jobs
from jobrunner.engine.report.spelling import command_of
from jobrunner.errors import UnknownError
from jobrunner.model.job import Job
from jobrunner.store.base import Store

FAILING = "failing"
NEVER = datetime.max.replace(tzinfo=UTC)
EARLIEST = datetime.min.replace(tzinfo=UTC)

SORTS: Mapping[str, Callable[[Entry], Any]] = {
    "file": lambda _: 0,
    "name": lambda entry: entry.name,
    "next": lambda entry: entry.next_run_at or NEVER,
    "last": lambda entry: -_began(entry).timestamp() if entry.last_run else 0,
    "status": lambda entry: (not entry.consecutive_failures, STATUSES.index(entry.status)),
}
# What needs no look into the ledger.
OF_FILE = frozenset({"file", "name"})


class Choice(Struct, frozen=True, kw_only=True):
    """Of several tags, or statuses, one is enough; `text` stands somewhere in what is declared."""

    tags: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    text: str = ""
    sort: str = "file"


def require_tags(tags: Sequence[str], jobs: Iterable[Job | Entry]) -> None:
    """Refuse a tag that no job has, with the one that was meant."""
    known = {tag for job in jobs for tag in job.tags}
    for tag in tags:
        if tag not in known:
            raise UnknownError(unknown("tag", tag, known))


def declared(jobs: Iterable[Job], choice: Choice) -> list[Job]:
    """The jobs of which what is declared fits."""
    return [job for job in jobs if has_tag(job, choice.tags) and _has_text(job, choice.text)]


def standing(entries: Iterable[Entry], choice: Choice) -> list[Entry]:
    """Those that are as they are wanted, in order."""
    wanted = (entry for entry in entries if _is_so(entry, choice.statuses))
    return sorted(wanted, key=SORTS[choice.sort])


def see_page(
    store: Store,
    jobs: Iterable[Job],
    choice: Choice,
    now: datetime,
    *,
    after: str | None,
    count: int,
) -> tuple[list[Entry], bool] | None:
    """So many of the jobs that are chosen, those after a certain one, and whether more follow.

    None if there is no such one.  What only the page shows is asked of its jobs alone.
    """
    fitting = {job.name: job for job in declared(jobs, choice)}
    if choice.statuses == (FAILING,):
        health = store.health()
        fitting = {name: job for name, job in fitting.items() if name in health}
    names = _in_order(store, fitting, choice, now)
    if after is not None and after not in names:
        return None
    first = names.index(after) + 1 if after is not None else 0
    shown = [fitting[name] for name in names[first : first + count]]
    is_more = len(names) > first + count
    return see_jobs(store, shown, now, recent=True, words=True), is_more


def _in_order(store: Store, jobs: Mapping[str, Job], choice: Choice, now: datetime) -> list[str]:
    """The names of those that are as they are wanted, in order, from as little as that takes."""
    if not choice.statuses and choice.sort in OF_FILE:
        return [*jobs] if choice.sort == "file" else sorted(jobs)
    if not choice.statuses and choice.sort == "last":
        # Rows are numbered in the order in which they are written.
        newest = {name: runs[0].run for name, runs in store.briefs(jobs, 1).items()}
        return sorted(jobs, key=lambda name: -newest.get(name, 0))
    entries = see_jobs(store, jobs.values(), now, recent=False, words=False)
    return [entry.name for entry in standing(entries, choice)]


def has_tag(job: Job | Entry, tags: Sequence[str]) -> bool:
    """Whether it has one of these; where none is asked for each has."""
    return not tags or not set(tags).isdisjoint(job.tags)


def _has_text(job: Job, text: str) -> bool:
    wanted = text.casefold()
    told = (job.name, job.description, *job.tags, command_of(job) or "")
    return not wanted or any(wanted in each.casefold() for each in told)


def _is_so(entry: Entry, statuses: Sequence[str]) -> bool:
    is_failing = FAILING in statuses and bool(failing_of([entry]))
    return not statuses or entry.status in statuses or is_failing


def _began(entry: Entry) -> datetime:
    last = entry.last_run
    return (last and (last.started_at or last.scheduled_for)) or EARLIEST
