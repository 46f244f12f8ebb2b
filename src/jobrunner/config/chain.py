"""Jobs that wait for each other in a circle."""

from collections.abc import Iterator, Mapping

from jobrunner.model.job import Job


def cycles(jobs: Mapping[str, Job]) -> Iterator[list[str]]:
    """Each circle of `after` once, as its names from the first declared one back to it."""
    done: set[str] = set()
    for name in jobs:
        if name not in done and jobs[name].after:
            yield from _from(name, jobs, done)


def _from(start: str, jobs: Mapping[str, Job], done: set[str]) -> Iterator[list[str]]:
    """Follows `after` without recursion: a chain may be as long as the file."""
    trail = [start]
    open_: dict[str, int] = {start: 0}
    ahead = [iter(jobs[start].after)]
    while trail:
        following = next(ahead[-1], None)
        if following is None:
            ahead.pop()
            name = trail.pop()
            del open_[name]
            done.add(name)
        elif following in open_:
            yield [*trail[open_[following] :], following]
        elif following in jobs and following not in done:
            open_[following] = len(trail)
            trail.append(following)
            ahead.append(iter(jobs[following].after))
