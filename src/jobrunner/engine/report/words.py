"""What a job's keys come to, in words: who it runs as, its limits, its retries, what follows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice

from msgspec.structs import replace

from jobrunner.config.quantity import spelt
from jobrunner.model.job import BreakerRule, Job, Limits, Retry
from jobrunner.model.run import Outcome, State
from jobrunner.policy.retry import Again, after_attempt
from jobrunner.words import listed, numbered

SOME_TIME = datetime(2000, 1, 1, tzinfo=UTC)
SHOWN_DELAYS = 5
SIZES = ("B", "KiB", "MiB", "GiB", "TiB")
UNIT = 1024


def shell_of(job: Job) -> str:
    """Through what a command in a string runs; nothing for others, and for the plain shell."""
    if not isinstance(job.command, str):
        return ""
    lines = job.command.strip().count("\n") + 1
    return f"{numbered(lines, 'line')}; {' '.join(job.shell)} -c"


def runs_as(job: Job) -> str:
    user = f"user {job.user}" if job.user else "the supervisor's user"
    group = f", group {job.group}" if job.group else ""
    return f"{user}{group}, in {job.cwd or 'the folder of the file'}, umask {job.umask}"


def limits(job: Job) -> str:
    stopping = f"then SIG{job.stop_signal}, SIGKILL after {spelt(job.kill_after)}"
    timeout = (
        f"timeout {spelt(job.timeout)} per attempt, {stopping}" if job.timeout else "no timeout"
    )
    slow = [f"slow after {spelt(job.slow_after)}"] if job.slow_after else []
    return "; ".join([timeout, *slow, *_limits(job.limits)])


def _limits(rule: Limits) -> Iterator[str]:
    if rule.nice is not None:
        yield f"nice {rule.nice}"
    if rule.memory is not None:
        yield f"memory {readable(rule.memory)}"
    if rule.cpu_time is not None:
        yield f"CPU time {spelt(rule.cpu_time)}"
    if rule.open_files is not None:
        yield numbered(rule.open_files, "open file")
    if rule.processes is not None:
        yield f"{rule.processes:,} processes"


def readable(size: int) -> str:
    """A number of bytes as people read it: "184 MiB", "1.2 KiB"."""
    power = min(max(size.bit_length() - 1, 0) // 10, len(SIZES) - 1)
    amount, unit = size / UNIT**power, SIZES[power]
    exact = amount >= 10 or amount == int(amount)  # noqa: PLR2004 - two digits say enough
    return f"{amount:,.0f} {unit}" if exact else f"{amount:.1f} {unit}"


def retries(rule: Retry) -> str:
    """How often and when a failed attempt is tried again: "3 more attempts: after 1m, 2m, 4m"."""
    if not rule.attempts:
        return "none"
    shown = [spelt(delay) for delay in islice(delays(rule), min(rule.attempts, SHOWN_DELAYS))]
    more = f" and so on, at most {spelt(rule.max_delay)}" if rule.attempts > len(shown) else ""
    attempts = f"{numbered(rule.attempts, 'more attempt')}: after {', '.join(shown)}{more}"
    return "; ".join([attempts, *_conditions(rule)])


def delays(rule: Retry) -> Iterator[timedelta]:
    """How long after each failure the next attempt follows, without chance."""
    bare = replace(rule, jitter=False, on=("failure",), exit_codes=(), deadline=None)
    outcome = Outcome(state=State.FAILED, finished_at=SOME_TIME)
    for attempt in count(1):
        found = after_attempt(
            bare, outcome, attempt, first_started=SOME_TIME, last_chance=None, chance=0
        )
        if not isinstance(found, Again):
            return
        yield found.at - SOME_TIME


def _conditions(rule: Retry) -> Iterator[str]:
    if rule.on != Retry().on:
        yield f"on {listed(rule.on, 'or')} only"
    if rule.exit_codes:
        yield f"exit code {listed(map(str, rule.exit_codes), 'or')} only"
    if rule.deadline is not None:
        yield f"none later than {spelt(rule.deadline)} after the first"


def overlap(job: Job) -> str:
    """What happens when it is due while it cannot run: itself, its lock, its pool, the host."""
    is_bounded = job.overlap == "allow" and job.max_instances > 1
    instances = f" up to {job.max_instances}" if is_bounded else ""
    told = [f"{job.overlap}{instances}"]
    if job.lock:
        told.append(f'lock "{job.lock}"')
    if job.pool:
        told.append(f'pool "{job.pool}"')
    return "; ".join([*told, f"after downtime: {_catch_up(job)}"])


def _catch_up(job: Job) -> str:
    match job.catch_up:
        case "skip":
            return f"nothing that is over {spelt(job.grace)} late"
        case "latest":
            return "run the latest missed slot once"
        case "all":
            return f"run every missed slot, at most {job.max_catch_up:,}"


def alerts(job: Job) -> str:
    """Who hears of what; empty if nobody does."""
    if not job.notify:
        return ""
    rule = job.notify_after
    of = f" of the last {rule.of}" if rule.of else " in a row"
    after = f", from {numbered(rule.failures, 'failure')}{of} on" if rule.failures > 1 else ""
    return f"{listed(job.notify)} on {', '.join(job.notify_on)}{after}"


def breaker(rule: BreakerRule) -> str:
    failures = numbered(rule.after, "failure")
    return f"opens after {failures} in a row, then one try after {spelt(rule.cooldown)}"
