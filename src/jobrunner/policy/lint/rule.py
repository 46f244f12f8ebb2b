"""All the rules, and what they come to for some jobs."""

from collections.abc import Callable, Iterator, Sequence

from jobrunner.policy.lint import command, course, placing, timing
from jobrunner.policy.lint.subject import Advice, Subject

OF_A_JOB: tuple[Callable[[Subject], Iterator[Advice]], ...] = (
    timing.seldom,
    timing.clock_change,
    timing.uneven_step,
    timing.either_day,
    course.timeout,
    timing.uneven_interval,
    timing.windows,
    course.retries,
    timing.every_slot,
    command.percent,
    command.thrown_away,
    command.secret,
    placing.unmet,
    placing.idle,
)


def advise(subjects: Sequence[Subject]) -> list[Advice]:
    """What each rule says, in the order of the codes, then of the jobs."""
    found = [advice for rule in OF_A_JOB for subject in subjects for advice in rule(subject)]
    return sorted([*found, *course.long_lock(subjects)], key=lambda advice: advice.code)
