"""Whether jobs.toml can be used, and by whom it may be written and read."""

import grp
import os
import stat
from collections.abc import Iterator

from jobrunner.config.spelling import shown
from jobrunner.engine.doctor.finding import Finding, ok, problem, warning
from jobrunner.engine.doctor.patient import Patient, told
from jobrunner.errors import ForbiddenError, JobrunnerError
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.trust import user_name
from jobrunner.model.job import Job
from jobrunner.model.secret import is_secret
from jobrunner.model.settings import Config
from jobrunner.words import numbered


def look(patient: Patient) -> Iterator[Finding]:
    if patient.problem:
        yield from _broken(patient, patient.problem)
    elif patient.config:
        jobs = numbered(len(patient.config.jobs), "job")
        yield ok(f"{shown(patient.path)}: {jobs}, valid, {_access(patient.path)}")
    if patient.config:
        yield from map(warning, patient.config.notes)
        yield from _trust(patient)
        yield from _exposed(patient.config)


def _broken(patient: Patient, error: JobrunnerError) -> Iterator[Finding]:
    message, fix = told(error)
    yield problem(shown(message), fix)
    if patient.config:
        jobs = numbered(len(patient.config.jobs), "job")
        yield warning(f"what it said before goes on: {jobs} of its last good version")
    elif not isinstance(error, ForbiddenError):
        yield warning("no version of it was ever good, or none that you may read: no job runs")


def _trust(patient: Patient) -> Iterator[Finding]:
    """What the one who supervises would refuse to read, where that is somebody else than we are."""
    if patient.owner == patient.look.asker.uid or not patient.config:
        return
    for source in patient.config.sources:
        try:
            Disk(patient.owner).read(source)
        except JobrunnerError as error:
            message, fix = told(error)
            yield problem(
                f"{shown(message)}: the supervisor of {patient.owner_name} refuses it", fix
            )


def _exposed(config: Config) -> Iterator[Finding]:
    """Files that hold a secret, and that everybody can read."""
    holding = {job.origin for job in config.jobs.values() if _holds_secret(job)}
    for path in sorted(holding):
        if _mode(path) & stat.S_IROTH:
            yield warning(
                f"{shown(path)} holds a secret, and everybody can read it", f"chmod o-r {path}"
            )
    files = {name.removeprefix("?") for job in config.jobs.values() for name in job.env_file}
    for path in sorted(files):
        if _mode(path) & stat.S_IROTH:
            yield warning(f"everybody can read {shown(path)}", f"chmod o-r {path}")


def _holds_secret(job: Job) -> bool:
    tables = (job.env, *(timing.env for timing in job.schedules))
    return any(is_secret(name) and value for env in tables for name, value in env.items())


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode  # noqa: PTH116 - paths are strings here
    except OSError:
        return 0


def _access(path: str) -> str:
    """Owner and mode as `ls` has them."""
    try:
        found = os.stat(path)  # noqa: PTH116 - paths are strings here
    except OSError:
        return "gone since"
    return f"{user_name(found.st_uid)}:{_group(found.st_gid)} {stat.S_IMODE(found.st_mode):04o}"


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
