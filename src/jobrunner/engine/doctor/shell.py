"""How far the shell that asks is from what one job gets."""

from collections.abc import Iterator

from jobrunner.engine.doctor.finding import Finding, ok
from jobrunner.engine.doctor.patient import Patient
from jobrunner.engine.report.surroundings import OF_A_SHELL, rehearsed
from jobrunner.errors import JobrunnerError
from jobrunner.kinds.environment import environment
from jobrunner.words import numbered


def look(patient: Patient) -> Iterator[Finding]:
    """Only where one job is asked for: of all of them it would say the same again and again."""
    for job in patient.jobs if patient.look.job else ():
        try:
            env = environment(rehearsed(job, patient.ground, patient.now))
        except JobrunnerError:  # told where the job is looked at
            return
        lacking = patient.environ.keys() - env.keys() - OF_A_SHELL
        if lacking:
            count = numbered(len(lacking), "variable")
            message = f"{count} of your shell the job has not: jobrunner env {job.name} --diff"
            yield ok(message, job=job.name)
