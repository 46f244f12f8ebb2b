"""Rules about what a job runs: habits of crontabs that mean something else here, and secrets."""

import re
from collections.abc import Iterator

from jobrunner.model.job import Job
from jobrunner.model.secret import is_secret
from jobrunner.policy.lint.subject import Advice, Subject

# At the end of a whole command: what is thrown away within a line has a reason there.
END = " \t\n;&"
OUTPUT = re.compile(r"(?<![0-9&<>])1?>{1,2}\|?\s*/dev/null\Z")
EVERYTHING = re.compile(
    r"(?:&>{1,2}\s*/dev/null|>&\s*/dev/null"
    r"|(?<![0-9&<>])1?>{1,2}\s*/dev/null\s+2>{1,2}\s*(?:&1|/dev/null)"
    r"|2>{1,2}\s*/dev/null\s+1?>{1,2}\s*(?:&2|/dev/null))\Z"
)
# A word that ends in % and goes on as prose does: `mail -s hi me%Hello`.
INPUT = re.compile(r"(?<![\w${%+.@-])[\w.@-]*[A-Za-z]%(?![0-9A-F]{2})[A-Z][a-z]{2,}")
ESCAPED = re.compile(r"\\%")
# Forms of keys that services give out, and passwords in addresses.
ISSUED = re.compile(
    r"\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bsk_live_[A-Za-z0-9]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY|://[^\s/:@]+:[^\s/@{$]+@"
)
# What is filled in elsewhere is no secret yet.
FILLED = re.compile(r"[{$].*", re.DOTALL)


def percent(subject: Subject) -> Iterator[Advice]:
    """L112."""
    job = subject.job
    texts = [job.command] if isinstance(job.command, str) else list(job.command or ())
    if any(ESCAPED.search(text) for text in texts):
        yield _advice(
            "L112", job, r"\% is how a crontab writes %; here it stays as it is", "% alone"
        )
    elif isinstance(job.command, str) and INPUT.search(job.command):
        what = "a bare % ends the command in a crontab; here it is a part of it"
        yield _advice("L112", job, what, "what the command reads as `stdin`")


def thrown_away(subject: Subject) -> Iterator[Advice]:
    """L113 and L114."""
    job = subject.job
    if not isinstance(job.command, str) or job.capture == "none":
        return
    text = job.command.rstrip(END)
    if EVERYTHING.search(text):
        what = "when it fails, nothing tells why: output and errors go to /dev/null"
        yield _advice("L114", job, what, "without the redirection both are kept, bounded")
    elif OUTPUT.search(text):
        what = "its output goes to /dev/null"
        yield _advice(
            "L113", job, what, 'without the redirection it is kept; or capture = "stderr"'
        )


def secret(subject: Subject) -> Iterator[Advice]:
    """L115."""
    job = subject.job
    told = [("env", name, value) for name, value in job.env.items()]
    told += [("schedules", n, v) for timing in job.schedules for n, v in timing.env.items()]
    if job.http:
        told += [("http.headers", name, value) for name, value in job.http.headers.items()]
    for key, name, value in told:
        if value and not FILLED.fullmatch(value) and (is_secret(name) or ISSUED.search(value)):
            yield Advice(
                code="L115",
                job=job.name,
                key=f"{key}.{name}",
                message=f"{name} looks like a secret, for everybody who may read this file",
                fix="env_file, readable by the job's user alone",
            )


def _advice(code: str, job: Job, message: str, fix: str) -> Advice:
    return Advice(code=code, job=job.name, key="command", message=message, fix=fix)
