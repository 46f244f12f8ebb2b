"""Which job is meant where other schedulers had but one."""

from typing import Annotated

from fastapi import Query

from jobrunner.engine.actions.ask import known
from jobrunner.model.job import Job
from jobrunner.web.call import Call
from jobrunner.web.problem import invalid
from jobrunner.web.subject import LONGEST

TAG = "compat"

Named = Annotated[
    str,
    Query(
        alias="job",
        max_length=LONGEST,
        description=f"The job that is meant; without it the one with the tag `{TAG}`, or the only"
        " one there is.",
    ),
]


def meant(call: Call, named: str, parameter: str = "job") -> Job:
    """The job of that name; without one the job with the tag, else the only one."""
    if named:
        return known(call.scene, call.require(named))
    found = only(call)
    if found is None:
        told = f'Which job is meant? Say ?{parameter}=NAME, or give one job the tag "{TAG}".'
        raise invalid(f"/query/{parameter}", told)
    return found


def only(call: Call) -> Job | None:
    """The one job with the tag, of those that the visitor may see; else the only one there is."""
    jobs = [*call.scene.config.jobs.values()]
    tagged = [job for job in jobs if TAG in job.tags] or jobs
    return tagged[0] if len(tagged) == 1 else None
