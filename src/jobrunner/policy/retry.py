"""When a failed attempt is tried again, and why not."""

from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.model.job import Retry
from jobrunner.model.run import Outcome, State

CAUSES = {State.FAILED: "failure", State.TIMEOUT: "timeout", State.LOST: "lost"}
# No delay grows any more after so many attempts: doubling beyond would overflow.
DOUBLINGS = 40


class Again(Struct, frozen=True):
    """The next attempt is at this time."""

    at: datetime


class Enough(Struct, frozen=True):
    """There is no further attempt."""

    reason: str


def after_attempt(
    rule: Retry,
    outcome: Outcome,
    attempt: int,
    *,
    first_started: datetime,
    last_chance: datetime | None,
    chance: float,
) -> Again | Enough:
    """What follows attempt number `attempt`, counted from 1.

    1. Only the causes and exit codes that the rule names are tried again,
    2. as often as it says,
    3. not past its deadline, which counts from the first attempt's start,
    4. nor past `last_chance`, the end of the job's window.

    `chance` in [0, 1) is the jitter's: with it a delay is between three and five quarters of what
    the rule says, but never above `max_delay`.
    """
    if attempt > rule.attempts:
        return Enough("no attempt is left" if rule.attempts else "the job has no retries")
    if not _is_covered(rule, outcome):
        return Enough(f"{_told(outcome)} is not to be tried again")
    at = outcome.finished_at + _delay(rule, attempt, chance)
    if rule.deadline is not None and at > first_started + rule.deadline:
        return Enough("the next attempt would come after the deadline of all attempts")
    if last_chance is not None and at > last_chance:
        return Enough("the next attempt would come after the job's last date")
    return Again(at)


def _is_covered(rule: Retry, outcome: Outcome) -> bool:
    if CAUSES.get(outcome.state) not in rule.on:
        return False
    return (
        outcome.state != State.FAILED or not rule.exit_codes or outcome.exit_code in rule.exit_codes
    )


def _delay(rule: Retry, attempt: int, chance: float) -> timedelta:
    match rule.backoff:
        case "constant":
            times = 1
        case "linear":
            times = attempt
        case "exponential":
            times = 1 << min(attempt - 1, DOUBLINGS)
    # In seconds: a timedelta of days times two to the fortieth would overflow.
    seconds = min(rule.delay.total_seconds() * times, rule.max_delay.total_seconds())
    spread = 0.75 + chance / 2 if rule.jitter else 1.0
    return timedelta(seconds=min(seconds * spread, rule.max_delay.total_seconds()))


def _told(outcome: Outcome) -> str:
    if outcome.state == State.FAILED and outcome.exit_code is not None:
        return f"exit code {outcome.exit_code}"
    return f'"{outcome.state}"'
