"""Slots that hosts share without a common ledger: how long claims count, what the others write."""

from datetime import timedelta

from jobrunner.model.job import Job
from jobrunner.model.run import Run, State

TAKEN = "taken by "
LATER = " has had later ones"
FORGOTTEN = "it is not known any more whether another host took it"
UNREACHABLE = "claims unreachable"
# A slot is asked for as long as it may start.  One that is made up for may be older than any claim
# that is kept; then it counts as taken if a later one of its job was.
SHORTEST = timedelta(hours=1)
MADE_UP_FOR = timedelta(days=7)


def taken(host: str) -> str:
    """The reason of a slot that another host has: that one's ledger tells what became of it."""
    return TAKEN + host


def passed(reason: str, host: str) -> str:
    """The reason of slots that were missed here only: somebody else was at work, and knows more."""
    return f"{reason}; {host}{LATER}"


def is_elsewhere(run: Run) -> bool:
    """Whether others saw to the slot, so that here nobody is alerted and nothing follows."""
    match run.state:
        case State.SKIPPED:
            return run.reason.startswith(TAKEN)
        case State.MISSED:
            return run.reason.endswith(LATER)
    return False


def kept(job: Job) -> timedelta:
    """How long after a slot it has to be known who took it."""
    least = SHORTEST if job.catch_up == "skip" else MADE_UP_FOR
    return max(least, 2 * (job.grace + job.jitter))
