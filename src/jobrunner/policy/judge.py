"""How an attempt ended, judged from what its process told and what its job calls success."""

import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import PurePath

from msgspec import Struct

from jobrunner.model.job import Job
from jobrunner.model.result import Result, to_text
from jobrunner.model.run import Outcome, State
from jobrunner.words import short, spell

SIGNALLED = 128  # a shell adds the number of the signal
# As in exit(1p) of POSIX, and what most often lies behind it.
MEANINGS = {126: "not executable", 127: "command not found"}
CAUSES = {
    "SIGKILL": "often out of memory",
    "SIGSEGV": "often a bug of the program",
    "SIGPIPE": "often a reader that left early",
    "SIGXCPU": "often over its CPU time",
    "SIGXFSZ": "often a file over its size",
}


class Told(Struct, frozen=True, kw_only=True):
    """All that is known of an attempt that ended.

    Of the spool: `code`, or what of the setting was `refused`, or a keeper that is gone without a
    word (`keeper_lost`; `circumstance` may tell why).  `failure` says why nothing was started, and
    `given_up` why it was killed because others may begin it anew.  `unmet` are the expectations
    that came to nothing, `notes` what else somebody should know.
    """

    code: int | None = None
    refused: str = ""
    failure: str = ""
    keeper_lost: bool = False
    circumstance: str = ""
    timed_out: bool = False
    stopped_by: str = ""
    given_up: str = ""
    duration: timedelta | None = None
    cpu: timedelta | None = None
    max_rss: int | None = None
    output_size: int | None = None
    output_cut: int | None = None
    result: Result | None = None
    unmet: tuple[str, ...] = ()
    leftovers: int = 0
    notes: tuple[str, ...] = ()


def judge(job: Job, told: Told, finished_at: datetime) -> Outcome:
    """What the attempt comes to.

    1. A stop that somebody asked for outranks everything, a timeout all but that.
    2. What was not started has failed; what ended without a word is lost, and so is what was given
       up, unless it ended by itself before.
    3. A code that is none of `success_codes` has failed; the job itself may say why.
    4. A code that is one has failed all the same if an expectation is not met, or if the job says
       so itself.
    """
    state, reason = _verdict(job, told)
    return Outcome(
        state=state,
        reason=reason,
        finished_at=finished_at,
        exit_code=told.code,
        duration=told.duration,
        cpu=told.cpu,
        max_rss=told.max_rss,
        message=told.result.message if told.result else "",
        result=to_text(told.result),
        error="; ".join([*told.notes, *_survivors(told)]),
        output_size=told.output_size,
        output_cut=told.output_cut,
    )


def explain_code(code: int) -> str:
    """An exit code in words: "1", "127: command not found", "143: SIGTERM or exit 143".

    A command may end itself with the very code that a shell makes of a signal.
    """
    if code in MEANINGS:
        return f"{code}: {MEANINGS[code]}"
    try:
        name = signal.Signals(code - SIGNALLED).name
    except ValueError:
        return str(code)
    return f"{code}: {name} or exit {code}{_cause(name)}"


def explain_signal(number: int) -> str:
    """A signal that ended a process, in words: "SIGTERM", "SIGKILL, often out of memory"."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
    return f"{name}{_cause(name)}"


def _cause(name: str) -> str:
    return f", {CAUSES[name]}" if name in CAUSES else ""


def _verdict(job: Job, told: Told) -> tuple[State, str]:
    if told.stopped_by:
        return State.STOPPED, f"stopped by {told.stopped_by}"
    if told.timed_out:
        return State.TIMEOUT, f"timeout after {spell(job.timeout)}" if job.timeout else "timeout"
    if told.failure or told.refused:
        return State.FAILED, told.failure or _refusal(job, told.refused)
    reason = _loss(told)
    if reason or told.code is None:
        return State.LOST, reason
    if told.code not in job.success_codes:
        return State.FAILED, _own_word(told) or f"exit {explain_code(told.code)}"
    reasons = "; ".join(_shortfalls(job, told))
    return (State.FAILED, reasons) if reasons else (State.SUCCESS, "")


def _loss(told: Told) -> str:
    """Why nobody knows how it ended, or would have; empty if it is known."""
    if told.given_up and told.code in {None, SIGNALLED + signal.SIGKILL}:
        return told.given_up
    if told.keeper_lost or told.code is None:
        return f"{told.circumstance or 'its keeper was killed'}; nobody knows how it ended"
    return ""


def _own_word(told: Told) -> str:
    return told.result.message if told.result and told.result.success is False else ""


def _refusal(job: Job, what: str) -> str:
    if what == "cwd":
        return f"the folder {job.cwd or PurePath(job.origin).parent} cannot be entered"
    return f"limits.{what} cannot be set"


def _shortfalls(job: Job, told: Told) -> Iterator[str]:
    least, took = job.expect.min_duration, told.duration
    if least is not None and took is not None and took < least:
        yield f"expect.min_duration: it ended after {short(took)}, before {spell(least)} were over"
    yield from told.unmet
    if told.result and told.result.success is False:
        yield told.result.message or "the job says so in $JOBRUNNER_RESULT"


def _survivors(told: Told) -> Iterator[str]:
    if told.leftovers:
        noun = "process" if told.leftovers == 1 else "processes"
        yield f"{told.leftovers:,} {noun} could not be killed"
