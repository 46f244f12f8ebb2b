"""The configuration in force: what jobs.toml says, or the last that could be used."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from jobrunner import config
from jobrunner.cron import step
from jobrunner.engine import glance, kept
from jobrunner.engine.load import STDIN, load
from jobrunner.engine.state import State
from jobrunner.engine.watch import Prints, same, take
from jobrunner.errors import JobrunnerError
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.place import Asker, find_jobs, find_state
from jobrunner.model.job import Job
from jobrunner.model.settings import Config


class Plan(Struct, frozen=True, kw_only=True):
    """What is acted on.  `problem` says what is wrong with the files if it is an older version."""

    config: Config
    prints: Prints
    problem: str = ""
    is_kept: bool = False

    def is_current(self) -> bool:
        """Whether the files are still those that were read."""
        return same(self.prints)


def read(path: str, state: State, asker: Asker, before: Plan | None = None) -> Plan:
    """The plan to act on now, kept for who comes next.

    A broken file never stops or changes what was good before it.  Raises what is wrong with the
    file if there is no version of before: in this process, or kept by an earlier one.
    """
    plan = look(path, state, asker, before)
    if not plan.problem and not plan.is_kept:
        kept.keep(plan.config, plan.prints, asker.environ, state)
    return plan


def look(path: str, state: State, asker: Asker, before: Plan | None = None) -> Plan:
    """The same for who only looks on: nothing is kept."""
    path = find_jobs(path, asker).path
    found = None if before else _kept(path, state, asker)
    if found and found.header.is_of(path, asker.environ) and same(found.header.prints):
        whole = found.config()
        if whole:
            return Plan(config=whole, prints=found.header.prints, is_kept=True)
    last = before.config if before else found.config() if found else None
    early = take((path, *last.sources), last.patterns) if last else take((path,), ())
    witness = _Witness(asker.uid)
    try:
        new = load(path, asker, witness)
    except JobrunnerError as error:
        if last is None:
            raise
        prints = _first_of_each(early + witness.prints)
        return Plan(config=last, prints=prints, problem=str(error))
    return Plan(config=new, prints=_first_of_each(witness.prints))


def current(option: str | None, asker: Asker) -> Config:
    """What the file says that `option` or habit names: as the supervisor understood it, if it did.

    Only what this user's own supervisor kept, of the very files that are there now, stands for
    reading them.
    """
    if option == STDIN:
        return load(option, asker)
    path = find_jobs(option, asker).path
    habit = find_state(path, asker).path
    note = glance.read(habit)
    state = State(note.folder if note else habit)
    found = _kept(path, state, asker)
    if found and found.header.is_of(path, asker.environ) and same(found.header.prints):
        whole = found.config()
        if whole and find_state(path, asker, whole.settings.state_dir).path == state.folder:
            return whole
    return load(path, asker)


def get_ready(jobs: Iterable[Job]) -> None:
    """Import what reading needs, and the slots of these jobs.

    Once it is wanted, an upgrade may have replaced the files.  What no job needs is left out: what
    finds far days is a fifteenth of a supervisor's memory.
    """
    _ = config.parse
    if any(step.reaches_far(each) for job in jobs for each in _expressions(job)):
        step.library()


def _expressions(job: Job) -> Iterator[str]:
    yield from job.cron
    for timing in job.schedules:
        yield from timing.cron


def _kept(path: str, state: State, asker: Asker) -> kept.Kept | None:
    """What was kept for this file, whatever way led to it."""
    found = kept.find(state, asker.uid)
    is_same = found and glance.really(found.header.path) == glance.really(path)
    return found if is_same else None


class _Witness(Disk):
    """Takes the print of each file and folder before it is read: a later change is then seen."""

    def __init__(self, uid: int) -> None:
        super().__init__(uid)
        self.prints: Prints = take((), ())

    def read(self, path: str) -> bytes:
        self.prints += take((path,), ())
        return super().read(path)

    def matches(self, pattern: str) -> Sequence[str]:
        self.prints += take((), (pattern,))
        return super().matches(pattern)


def _first_of_each(prints: Iterable[str]) -> Prints:
    """One print of each path, the earliest."""
    found: dict[str, str] = {}
    for each in prints:
        found.setdefault(each.split(" ", 2)[2], each)
    return tuple(found.values())
