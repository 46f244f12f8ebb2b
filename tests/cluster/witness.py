"""What the commands themselves say of their starts and ends, and whether the ledger agrees.

Each writes its lines into one file, in one write each, so that they are whole and in their order,
whoever runs where.  The ledger is held against them: it may neither leave out nor make up a start.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct

from jobrunner.model.run import Attempt, Run, State, Trigger

SECOND = timedelta(seconds=1)
BEGAN, ENDED = "began", "ended"
NOT_EXCLUDED = "a second start cannot be excluded"
TOLD = "$JOBRUNNER_JOB $JOBRUNNER_RUN_ID $JOBRUNNER_ATTEMPT $JOBRUNNER_HOST $$"
# States of a run of which no attempt was ever made.
LEFT_OUT = frozenset({State.SKIPPED, State.MISSED})


class Line(Struct, frozen=True):
    """What a command said."""

    job: str
    run: int
    attempt: int
    host: str
    pid: int
    what: str


class Verdict(Struct, kw_only=True):
    """What was found wrong, a sentence each, and how many slots there were."""

    slots: int = 0
    runs: int = 0
    states: Mapping[str, int] = {}
    lost: list[str] = []
    doubled: list[str] = []
    lies: list[str] = []

    @property
    def is_well(self) -> bool:
        return not (self.lost or self.doubled or self.lies)


class Witness:
    """The file of one test."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.touch()

    def command(self, work: str = ":") -> str:
        """A command that does some work in a shell, and says when that begins and ends."""
        return f'echo "{TOLD} {BEGAN}" >>{self._file}; {work}; echo "{TOLD} {ENDED}" >>{self._file}'

    def lines(self) -> list[Line]:
        """All that was said by now, in its order."""
        whole = self._file.read_text().rpartition("\n")[0]
        return [
            Line(job, int(run), int(attempt), host, int(pid), what)
            for job, run, attempt, host, pid, what in map(str.split, whole.splitlines())
        ]

    def began(self, job: str | None = None) -> list[Line]:
        return [x for x in self.lines() if x.what == BEGAN and job in {None, x.job}]

    def ended(self, job: str | None = None) -> list[Line]:
        return [x for x in self.lines() if x.what == ENDED and job in {None, x.job}]


def judge(
    lines: Iterable[Line],
    runs: Iterable[Run],
    *,
    step: timedelta = SECOND,
    last: datetime | None = None,
    attempts: Callable[[int], Sequence[Attempt]] | None = None,
    once: Collection[str] = (),
) -> Verdict:
    """Hold what commands said against all runs of a ledger in which nothing is live.

    The slots of each job lie `step` apart; of those between the first and the last none is missing.
    Where every job's last slot is known, no job may end before.  `attempts` tells those of a run:
    two of them may have overlapped only where the ledger says so.  The jobs that are named by
    `once` are never tried again.
    """
    said: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        said[line.run].append(line)
    found = Verdict(states={}, lost=[], doubled=[], lies=[])
    jobs: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        found.runs += 1
        mine = said.pop(run.id, [])
        _judge_run(run, mine, found)
        if run.job in once and run.attempts > 1:
            found.doubled.append(f"#{run.id}: {run.attempts} attempts of what is tried once")
        if attempts is not None and run.attempts > 1:
            _judge_attempts(run, mine, attempts(run.id), found)
        if run.trigger in {Trigger.SCHEDULE, Trigger.CATCH_UP}:
            jobs[f"{run.job} {run.place}"].append(run)
    found.lies += [f"#{run} is in no ledger and ran" for run in said]
    for name, slots in jobs.items():
        _judge_slots(name, slots, step, last, found)
    found.states = Counter(run.state.value for each in jobs.values() for run in each)
    return found


def judge_lock(lines: Iterable[Line], runs: Iterable[Run], jobs: Collection[str]) -> list[str]:
    """Where one of these jobs began while another went on, which all have one lock.

    What was lost may have gone on: nobody can tell, and the ledger does not.
    """
    well = {(run.id, run.attempts) for run in runs if run.state is State.SUCCESS}
    going: set[tuple[int, int]] = set()
    found = []
    for line in lines:
        each = line.run, line.attempt
        if line.job not in jobs or each not in well:
            continue
        if line.what == ENDED:
            going.discard(each)
        else:
            found += [f"#{line.run} began while #{run} went on" for run, _ in going]
            going.add(each)
    return found


def _judge_run(run: Run, lines: list[Line], found: Verdict) -> None:
    starts = Counter(line.attempt for line in lines if line.what == BEGAN)
    ends = {line.attempt for line in lines if line.what == ENDED}
    for attempt, count in starts.items():
        if count > 1:
            found.doubled.append(f"#{run.id}: attempt {attempt} began {count} times")
        if attempt > run.attempts:
            found.lies.append(f"#{run.id}: attempt {attempt} is not in the ledger")
    if run.state.is_live:
        found.lies.append(f"#{run.id} is {run.state.value} for ever")
    if run.state in LEFT_OUT and starts:
        found.lies.append(f"#{run.id} is {run.state.value} and ran")
    if run.state is State.SUCCESS and run.attempts not in ends:
        found.lost.append(f"#{run.id} is a success and did not end")
    if run.state is State.LOST and run.attempts in ends and not run.reason:
        found.lies.append(f"#{run.id} is lost without a reason")


def _judge_attempts(
    run: Run, lines: list[Line], attempts: Sequence[Attempt], found: Verdict
) -> None:
    """An attempt that began in the midst of another was told to be possible."""
    told = {each.number: each.error for each in attempts}
    ends = {line.attempt for line in lines if line.what == ENDED}
    going: set[int] = set()
    for line in lines:
        if line.what == ENDED:
            going.discard(line.attempt)
            continue
        if line.attempt in ends:  # the others were killed, nobody knows when
            going.add(line.attempt)
        for other in going - {line.attempt}:
            if NOT_EXCLUDED not in told.get(other, ""):
                found.doubled.append(f"#{run.id}: {line.attempt} began before {other} ended")


def _judge_slots(
    name: str, slots: list[Run], step: timedelta, until: datetime | None, found: Verdict
) -> None:
    """Every slot has one row, and the rows leave no hole."""
    taken: Counter[datetime] = Counter()
    for run in slots:
        assert run.scheduled_for is not None  # it is the run of a slot
        taken.update(run.scheduled_for + step * n for n in range(run.slots))
    found.slots += len(taken)
    found.doubled += [f"{name} {at}: {count} rows" for at, count in taken.items() if count > 1]
    first, last = min(taken), until or max(taken)
    holes = (last - first) // step + 1 - len(taken)
    if holes:
        found.lost.append(f"{name}: {holes} slots have no row")
