"""Naming a run: by its number, or as the latest of a job, the one before, the one that runs."""

import re
from collections.abc import Collection, Iterator
from itertools import islice

from jobrunner.config.spelling import quoted, unknown
from jobrunner.engine.past.rows import Wanted, runs
from jobrunner.errors import UnknownError
from jobrunner.model.run import OMITTED, Run, State
from jobrunner.store.base import Store

NUMBER = re.compile(r"#?([0-9]{1,18})")
NAMED = re.compile(r"(?P<job>[A-Za-z0-9_.-]{1,64})(?:~(?P<back>[0-9]{1,6})|@(?P<state>[a-z]+))?")
RAN = tuple(state for state in State if state not in OMITTED)


def choose(name: str, store: Store, jobs: Collection[str]) -> Run:
    """The run that `name` means; `jobs` are the declared ones, for a word to who mistypes.

    1. `1284` and `#1284` are numbers, unless only a job is called that;
    2. `backup` is the latest run of a job, and `backup~1` the one before: slots that did not run
       are none;
    3. `backup@running` is the latest row of a job in that state, whatever it is.
    """
    number = NUMBER.fullmatch(name)
    found = store.run(int(number[1])) if number else None
    if found:
        return found
    parts = NAMED.fullmatch(name)
    if parts is None:
        raise UnknownError(_unreadable(name))
    if number and not is_known(parts["job"], store, jobs):
        raise UnknownError(f"no run {name}. List the runs there are: jobrunner history")
    return _of_job(parts, store, jobs)


def is_known(job: str, store: Store, jobs: Collection[str]) -> bool:
    """Whether a job is declared, or was once: the ledger remembers those that are removed."""
    return job in jobs or bool(store.latest([job]))


def require(job: str, store: Store, jobs: Collection[str]) -> str:
    """The name of a job that is known; else an UnknownError with the one that was meant."""
    if is_known(job, store, jobs):
        return job
    raise UnknownError(unknown("job", job, {*jobs, *(name for name, _ in store.marks())}))


def _of_job(parts: re.Match[str], store: Store, jobs: Collection[str]) -> Run:
    job = require(parts["job"], store, jobs)
    states, back = RAN, int(parts["back"] or 0)
    if parts["state"]:
        states = (_state(parts["state"]),)
    found = next(_latest(store, job, states, back), None)
    if found is None:
        raise UnknownError(_nothing(job, states, back))
    return found


def _latest(store: Store, job: str, states: tuple[State, ...], back: int) -> Iterator[Run]:
    """The run so many before the latest one in these states.

    All rows of the job are gone through: that is one index, where each state would be its own.
    """
    wanted = Wanted(jobs=(job,), states=states if len(states) == 1 else ())
    of_job = (run for run in runs(store, wanted, 50 + back) if run.state in states)
    return islice(of_job, back, None)


def _state(word: str) -> State:
    if word in list(State):
        return State(word)
    raise UnknownError(f"{unknown('state', word, State)}\nStates: {' '.join(State)}")


def _unreadable(name: str) -> str:
    forms = "Name a run as 1284, backup, backup~1 or backup@running"
    return f"{quoted(name)} names no run.\n{forms}"


def _nothing(job: str, states: tuple[State, ...], back: int) -> str:
    if back:
        return f"{job} has no run so far back. List them: jobrunner history {job}"
    if len(states) == 1:
        return f"no run of {job} is {states[0]}. List them: jobrunner history {job}"
    return f"{job} has not run yet. Run it: jobrunner run {job}   Why not: jobrunner why {job}"
