"""Rules about where a job runs: preferences that nothing follows from."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from jobrunner.policy.lint.subject import Advice, Subject
from jobrunner.words import listed

WILD = re.compile(r"[*?\[]")


def unmet(subject: Subject) -> Iterator[Advice]:
    """L117."""
    job = subject.job
    if job.on == "every" or not job.hosts:
        return
    names = [word for word in job.prefer if word not in subject.labels]
    words = [name for name in names if not any(_may_meet(name, host) for host in job.hosts)]
    if words:
        yield Advice(
            code="L117",
            job=job.name,
            key="prefer",
            message=f"{listed(words)}, which it prefers, is none of hosts = {listed(job.hosts)}",
            fix="one of those hosts; a label is right if one of them has it",
        )


def idle(subject: Subject) -> Iterator[Advice]:
    """L118."""
    job = subject.job
    if job.on == "every" and job.prefer:
        yield Advice(
            code="L118",
            job=job.name,
            key="prefer",
            message="each host runs it for itself, so that there is none to prefer",
            fix='without prefer; or on = "one"',
        )


def _may_meet(one: str, other: str) -> bool:
    """Whether a name may be what both say; of two patterns only how they begin is looked at."""
    if not WILD.search(one):
        return fnmatchcase(one, other)
    if not WILD.search(other):
        return fnmatchcase(other, one)
    first, second = WILD.split(one)[0], WILD.split(other)[0]
    return first.startswith(second) or second.startswith(first)
