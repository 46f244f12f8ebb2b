"""When failed attempts of a job are tried again that says nothing of it itself."""

from typing import Any

from msgspec import Struct

from jobrunner import config
from jobrunner.config.edit import remove, set_value
from jobrunner.config.edit.literal import block
from jobrunner.config.quantity import spelt
from jobrunner.engine.draft.assign import value_at
from jobrunner.model.job import Retry

HOLDER = ("defaults",)
RETRY, RETRIES = "retry", "retries"
ANY = "any"


class RetryRule(Struct, frozen=True, kw_only=True):
    """The retries of [defaults], durations spelt as in jobs.toml."""

    attempts: int
    delay: str
    backoff: str
    max_delay: str
    jitter: bool
    on: tuple[str, ...]
    exit_codes: tuple[int, ...]
    deadline: str | None


def retry_of(text: str) -> RetryRule:
    """What the text of the main file says, and what holds where it says nothing."""
    defaults = value_at(text, HOLDER)
    own = defaults if isinstance(defaults, dict) else {}
    known: dict[str, Any] = {name: own[name] for name in (RETRY, RETRIES) if name in own}
    probe = block(HOLDER, known) + block(("jobs", ANY), {"command": "true"})
    return _rule(config.parse(probe, "defaults").jobs[ANY].retry)


def with_retry(text: str, rule: dict[str, Any]) -> str:
    """The text with another rule for retries; `retries` is another way to say it, and goes."""
    if value_at(text, (*HOLDER, RETRIES)) is not None:
        text = remove(text, (*HOLDER, RETRIES))
    if value_at(text, (*HOLDER, RETRY)) is not None:
        text = remove(text, (*HOLDER, RETRY))
    return set_value(text, (*HOLDER, RETRY), rule)


def _rule(found: Retry) -> RetryRule:
    return RetryRule(
        attempts=found.attempts,
        delay=spelt(found.delay),
        backoff=found.backoff,
        max_delay=spelt(found.max_delay),
        jitter=found.jitter,
        on=found.on,
        exit_codes=found.exit_codes,
        deadline=spelt(found.deadline) if found.deadline is not None else None,
    )
