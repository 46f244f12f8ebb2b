"""What happens to a run, in the sentences that its watcher reads."""

from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.config.quantity import spelt
from jobrunner.engine.actions.follow import Began, Ended, Still
from jobrunner.engine.past import tell
from jobrunner.engine.report.words import readable
from jobrunner.model.job import Job
from jobrunner.model.run import Attempt, Run, State
from jobrunner.store.base import Store
from jobrunner.words import short

MONTH = timedelta(days=30)
FINE = timedelta(seconds=10)
CELLS = 30
EIGHTHS = " ▏▎▍▌▋▊▉█"
ENDS = {
    State.SUCCESS: "succeeded",
    State.FAILED: "failed",
    State.TIMEOUT: "timed out",
    State.STOPPED: "was stopped",
    State.LOST: "was lost",
    State.SKIPPED: "was skipped",
    State.MISSED: "was missed",
}


class Usual(Struct, frozen=True):
    """How long a job mostly takes, over so many runs; None for one that never succeeded."""

    p50: timedelta | None
    runs: int = 0


def usual(store: Store, job: str, now: datetime) -> Usual:
    """The median of the last month's successful runs."""
    found = store.statistics(now - MONTH, job)
    return Usual(found[0].p50, found[0].slots.get(State.SUCCESS, 0)) if found else Usual(None)


def began(event: Began, job: Job) -> str:
    """The first line: "backup #1290, by hand (deploy), attempt 1 of 4, timeout 2h"."""
    run, number = event.run, event.attempt.number
    parts = [f"{run.job} #{run.id}", tell.trigger(run, job.timezone.info)]
    if job.retry.attempts:
        parts.append(f"attempt {number} of {max(number, job.retry.attempts + 1)}")
    if job.timeout:
        parts.append(f"timeout {spelt(job.timeout)}")
    return ", ".join(parts)


def ended(event: Ended, job: Job, now: datetime) -> str:
    """How an attempt ended that is not the last one, and when the next one comes."""
    attempt = event.attempt
    how = f"{_why(attempt)} after {_length(attempt)}"
    if event.next_at is None:
        return f"{how}."
    at = event.next_at.astimezone(job.timezone.info)
    left = short(max(timedelta(), event.next_at - now))
    return f"{how}. Attempt {attempt.number + 1} in {left} at {at:%H:%M:%S} (Ctrl-C gives up)"


def over(run: Run, known: Usual) -> str:
    """The last line but for the hints: "backup #1290 succeeded on attempt 2: 11m 04s ..."."""
    text = f"{run.job} #{run.id} {ENDS[run.state]}"
    if run.attempts > 1:
        text += f" on attempt {run.attempts}"
    facts = []
    if run.attempts:
        spent = short(run.duration) if run.duration is not None else ""
        facts = [" ".join(filter(None, (spent, _compared(run, known))))]
        facts += [f"{readable(run.output_size or 0)} of output"] if run.output_size else []
    text += f": {', '.join(filter(None, facts))}" if any(facts) else ""
    notes = dict.fromkeys(filter(None, (run.reason, run.message, run.error)))
    return "\n".join([text, *(f"  {note}" for note in notes)])


def hints(run: Run) -> str:
    """What to type next."""
    words = [f"jobrunner logs {run.id}"] if run.attempts else []
    if run.state is not State.SUCCESS:
        words.append(f"jobrunner retry {run.id}" if run.attempts else f"jobrunner why {run.job}")
    return "  " + ", ".join(words)


def line(event: Still, known: Usual, now: datetime, *, plain: bool, pid: int | None = None) -> str:
    """The line at the bottom while a run goes on."""
    run, attempt = event.run, event.attempt
    if attempt is None:
        return f"{_waiting(run, now)} (Ctrl-C gives up)"
    spent = max(timedelta(), now - attempt.started_at)
    parts = [f"attempt {attempt.number}", short(spent)]
    if known.p50:
        share = spent / known.p50
        parts.append(f"{bar(share, plain=plain)} {share:.0%} of the usual {coarse(known.p50)}")
    if event.written:
        parts.append(f"{readable(event.written)} out")
    if pid is not None:
        parts.append(f"pid {pid}")
    return "  ".join(parts)


def bar(share: float, *, plain: bool = False, cells: int = CELLS) -> str:
    """How far it is, as a bar; letters where there are no blocks."""
    share = min(max(share, 0.0), 1.0)
    if plain:
        full = int(share * cells)
        return f"[{'#' * full}{' ' * (cells - full)}]"
    full, rest = divmod(int(share * cells * 8), 8)
    blocks = EIGHTHS[8] * full + (EIGHTHS[rest] if rest else "")
    return f"▕{blocks:{cells}}▏"


def coarse(length: timedelta) -> str:
    """A duration in its largest unit alone, where that tells enough."""
    return short(length) if length < FINE else short(length).split()[0]


def _waiting(run: Run, now: datetime) -> str:
    if run.state is State.RETRYING and run.next_attempt_at:
        left = short(max(timedelta(), run.next_attempt_at - now))
        return f"attempt {run.attempts + 1} in {left}"
    return "waits for its turn"


def _why(attempt: Attempt) -> str:
    return attempt.reason or str(attempt.state)


def _length(attempt: Attempt) -> str:
    return short(attempt.duration) if attempt.duration is not None else "an unknown time"


def _compared(run: Run, known: Usual) -> str:
    """Nothing for a first success: it may be the only one that was counted."""
    is_told = known.p50 and known.runs > 1 and run.state is State.SUCCESS
    return f"(usual {short(known.p50)})" if is_told and known.p50 else ""
