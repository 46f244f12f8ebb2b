"""Parameters of a run: what may be given, and what the job gets."""

import re
from collections.abc import Iterator, Mapping

import msgspec

from jobrunner.config.spelling import meant, quoted
from jobrunner.errors import UnusableError
from jobrunner.kinds.task import Setting
from jobrunner.model.job import Job, Param
from jobrunner.words import listed


def check(job: Job, given: Mapping[str, str]) -> list[str]:
    """What is wrong with the parameters that somebody gives a run, a sentence for each."""
    lacking = (
        f"parameter {name} is needed: {_wanted(param)}"
        for name, param in job.params.items()
        if name not in given and not _fits(param, param.default)
    )
    return [*wrong(job, given), *lacking]


def wrong(job: Job, given: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with values, those that a job declares itself apart.

    A run that nobody started by hand has nothing else, and may lack what a person is asked for.
    """
    for name, value in given.items():
        param = job.params.get(name)
        if param is None:
            yield _unknown(job, name)
        elif "\0" in value:
            yield f"parameter {name} holds a NUL character, which nothing can be passed"
        elif value != param.default and not _fits(param, value):
            yield f"parameter {name} cannot be {quoted(value)}: {_wanted(param)}"


def require(setting: Setting) -> None:
    """UnusableError when the parameters of the run are none that its job takes."""
    problems = list(wrong(setting.job, setting.facts.params))
    if problems:
        raise UnusableError("; ".join(problems))


def values(job: Job, text: str) -> dict[str, str]:
    """Every declared parameter: as `text`, the ledger's JSON, gives it, else its default."""
    return {name: param.default for name, param in job.params.items()} | given(text)


def given(text: str) -> dict[str, str]:
    """The parameters that a run was given, from the ledger's JSON."""
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, str])
    except msgspec.DecodeError as error:
        raise UnusableError(f"the parameters of the run cannot be read: {error}.") from error


def _fits(param: Param, value: str) -> bool:
    if param.choices:
        return value in param.choices
    return not param.pattern or re.fullmatch(param.pattern, value) is not None


def _wanted(param: Param) -> str:
    if param.choices:
        return f"give {listed(map(quoted, param.choices), 'or')}"
    return f"give what matches the pattern {quoted(param.pattern)}"


def _unknown(job: Job, name: str) -> str:
    hint = meant(name, job.params)
    if not hint:
        hint = f"it has {listed(job.params)}" if job.params else "it declares no params"
    return f"job {job.name} has no parameter {quoted(name)}: {hint}"
