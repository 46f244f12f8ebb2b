"""When a circuit breaker opens, when it lets a probe through, and when it closes."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.model.breaker import Breaker
from jobrunner.model.job import BreakerRule
from jobrunner.model.result import from_text
from jobrunner.model.run import Outcome, State
from jobrunner.policy.due import SMALL_STEP

FAILURES = frozenset({State.FAILED, State.TIMEOUT})


class Pass(Struct, frozen=True):
    """The run may start; the breaker then stands so."""

    breaker: Breaker


class Refuse(Struct, frozen=True):
    """The run may not start."""

    reason: str


def admit(rule: BreakerRule, breaker: Breaker, run: int, now: datetime) -> Pass | Refuse:
    """Whether `run` may start.

    1. Closed: it may.
    2. Open: not before `cooldown` is over; then this run is the probe, and the breaker half open.
    3. Half open: only the probe itself may, so that one run at a time tries.
    """
    if breaker.state == "closed" or breaker.probe == run:
        return Pass(breaker)
    if breaker.state == "half_open":
        return Refuse(f"breaker open: run {breaker.probe} is trying whether all is well again")
    if breaker.opened_at is not None and _cools(breaker.opened_at, rule.cooldown, now):
        return Refuse(f"breaker open after {breaker.failures} failures in a row")
    return Pass(replace(breaker, state="half_open", probe=run))


def _cools(opened_at: datetime, cooldown: timedelta, now: datetime) -> bool:
    """Whether the cooldown still lasts; a wrong clock may say that it has not begun for long."""
    return opened_at - SMALL_STEP <= now < opened_at + cooldown


def _is_excluded(rule: BreakerRule, outcome: Outcome) -> bool:
    if outcome.exit_code in rule.exclude_codes:
        return True
    said = from_text(outcome.result) if rule.exclude_status or rule.exclude_errors else None
    return said is not None and (
        said.status in rule.exclude_status or said.error in rule.exclude_errors
    )


def settle(rule: BreakerRule, breaker: Breaker, run: int, outcome: Outcome) -> Breaker:
    """Where the breaker stands after `run` ended so.

    1. A failure counts; enough of them open a closed breaker, the probe's opens it anew.
    2. A success closes it, the probe's too, and forgets what was counted.  An excluded failure is a
       success here: the other side did answer.
    3. A run that was stopped or lost says nothing: if it was the probe, the next run is.
    4. While it is open only the probe counts: others began before it opened.
    """
    has_failed = outcome.state in FAILURES and not _is_excluded(rule, outcome)
    if breaker.state != "closed" and breaker.probe != run:
        return breaker
    if outcome.state not in FAILURES | {State.SUCCESS}:
        return replace(breaker, state="open", probe=None) if breaker.probe == run else breaker
    if not has_failed:
        return Breaker(name=breaker.name)
    failures = breaker.failures + 1
    if breaker.state == "closed" and failures < rule.after:
        return replace(breaker, failures=failures)
    return Breaker(
        name=breaker.name, state="open", failures=failures, opened_at=outcome.finished_at
    )
