"""Rules about how a run goes on: without an end, beyond the next slot, in another's way."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from jobrunner.policy.lint.subject import Advice, Subject
from jobrunner.words import short, some

NAMED = 3


def timeout(subject: Subject) -> Iterator[Advice]:
    """L106."""
    if subject.job.timeout is None:
        yield Advice(
            code="L106",
            job=subject.job.name,
            message="a run that hangs is never ended",
            fix='timeout = "1h" in the job, or in [defaults]',
        )


def retries(subject: Subject) -> Iterator[Advice]:
    """L110."""
    job, gap, rule = subject.job, subject.gap, subject.job.retry
    if gap is None or not rule.attempts:
        return
    whole = subject.pauses + (rule.attempts + 1) * (subject.usual or timedelta())
    if rule.deadline is not None:
        whole = min(whole, rule.deadline)
    if whole > gap:
        what = (
            f"{rule.attempts} retries go on for" if rule.attempts > 1 else "its retry goes on for"
        )
        yield Advice(
            code="L110",
            job=job.name,
            key="retry",
            message=f"{what} {short(whole)}, the next slot can come after {short(gap)}",
            fix="fewer retries, a shorter delay, or a deadline in retry",
        )


def long_lock(subjects: Sequence[Subject]) -> Iterator[Advice]:
    """L109."""
    holders = [one for one in subjects if one.job.lock and one.job.enabled]
    for subject in holders:
        job, gap = subject.job, subject.gap
        if gap is None or job.overlap != "skip":
            continue
        for other in holders:
            length = other.usual or other.job.timeout
            if other is subject or other.job.lock != job.lock or not length or length <= gap:
                continue
            takes = "usually takes" if other.usual else "may take"
            yield Advice(
                code="L109",
                job=job.name,
                key="lock",
                message=f'{other.job.name} {takes} {short(length)} and has the lock "{job.lock}" '
                f"meanwhile; slots here can come after {short(gap)}, and are skipped",
                fix='overlap = "queue", or a lock of its own',
            )


def crowd(minute: str, jobs: Sequence[str], quieter: str, starts: int) -> Advice:
    """L103, of a minute of the day and one in which fewer jobs start."""
    free = f"{quieter} starts {starts}" if starts else f"{quieter} is free"
    return Advice(
        code="L103",
        message=f"{minute} starts {len(jobs)} jobs: {some(jobs, NAMED)}",
        fix=f"H in the place of the minute, or another one: {free}",
    )
