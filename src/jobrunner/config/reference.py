"""Names that jobs give: other jobs, pools and channels, which must exist."""

from collections.abc import Iterator, Mapping

from jobrunner.config import chain
from jobrunner.config.finding import Findings, Refusal
from jobrunner.config.names import Names
from jobrunner.config.position import Path
from jobrunner.config.spelling import meant, quoted
from jobrunner.model.job import Job

NOWHERE = "which no [notify.*] table defines"


def check_references(jobs: Mapping[str, Job], names: Names, findings: Findings) -> None:
    """Every name that nothing declares, and every circle of `after`."""
    known = {section: names.of(section) for section in ("jobs", "pools", "notify")}
    for name, job in jobs.items():
        if not (job.after or job.pool or job.notify):
            continue
        document = names.documents["jobs", name]
        own = document.tables["jobs"][name]
        shared = document.defaults
        holders = {
            key: ("defaults",) if key not in own and key in shared else ("jobs", name)
            for key in ("after", "pool", "notify")
        }
        for where, refusal, value in _unknown(job, known, holders):
            findings.add(document, where, refusal, value)
        for where, refusal in _unlike(job, jobs, holders["after"]):
            findings.add(document, where, refusal)
    for circle in chain.cycles(jobs):
        message = f"jobs wait for each other: {' -> '.join(circle)}"
        document = names.documents["jobs", circle[0]]
        findings.add(document, ("jobs", circle[0], "after"), Refusal("E123", message))


def _unlike(job: Job, jobs: Mapping[str, Job], holder: Path) -> Iterator[tuple[Path, Refusal]]:
    """Which of the jobs that it waits for run on one host, and it on every one, or the reverse."""
    for index, name in enumerate(job.after):
        if name in jobs and jobs[name].on != job.on:
            message = f'{quoted(name)} has on = "{jobs[name].on}", and this job "{job.on}"'
            refusal = Refusal("E124", message, "both have the same `on`")
            yield (*holder, "after", index), refusal


def _unknown(
    job: Job, known: Mapping[str, set[str]], holders: Mapping[str, Path]
) -> Iterator[tuple[Path, Refusal, str]]:
    """Where a name stands, what is wrong with it, and the name."""
    here = {key: f"[{'.'.join(map(str, holder))}]" for key, holder in holders.items()}
    for index, name in enumerate(job.after):
        if name not in known["jobs"]:
            message = f"{here['after']} waits for {quoted(name)}, which no [jobs.*] table declares"
            refusal = Refusal("E122", message, meant(name, known["jobs"]))
            yield (*holders["after"], "after", index), refusal, name
    if job.pool and job.pool not in known["pools"]:
        message = f"{here['pool']} names pool {quoted(job.pool)}, which [pools] does not define"
        refusal = Refusal("E121", message, meant(job.pool, known["pools"]))
        yield (*holders["pool"], "pool"), refusal, job.pool
    for index, name in enumerate(job.notify):
        if name not in known["notify"]:
            message = f"{here['notify']} names channel {quoted(name)} in notify, {NOWHERE}"
            refusal = Refusal("E120", message, meant(name, known["notify"]))
            yield (*holders["notify"], "notify", index), refusal, name
