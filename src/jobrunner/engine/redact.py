"""What has to be hidden in what a job writes and says: its secrets, and what it names itself."""

from collections.abc import Iterator, Mapping
from itertools import chain

from jobrunner.engine.blot import SHORTEST, Redactor
from jobrunner.model.job import Job
from jobrunner.model.secret import is_secret


def redactor(job: Job, env: Mapping[str, str] | None = None) -> Redactor:
    """Hides the values of variables with telling names, and what the job's `redact` finds.

    `env` is the environment of the attempt where it is known, with what came from files and
    parameters; else what the job declares is taken.
    """
    variables = env.items() if env is not None else _declared(job)
    secrets = (value for name, value in variables if is_secret(name))
    return Redactor(chain.from_iterable(map(_words, secrets)), job.redact)


def _declared(job: Job) -> Iterator[tuple[str, str]]:
    for env in (job.env, *(timing.env for timing in job.schedules)):
        yield from env.items()


def _words(value: str) -> Iterator[str]:
    """The lines of a value, each of which is hidden wherever it stands, as is then the whole."""
    words = (line.strip() for line in value.splitlines())
    return (word for word in words if len(word) >= SHORTEST)
