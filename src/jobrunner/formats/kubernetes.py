"""Jobs as CronJobs of Kubernetes; what these cannot say stands in comments above them."""

import re
from collections.abc import Container, Iterator, Sequence
from datetime import datetime
from typing import Any

from jobrunner import cron
from jobrunner.config.spelling import shown
from jobrunner.formats.cronfield import numeric
from jobrunner.formats.interval import interval_fields
from jobrunner.formats.leaving import (
    CannotSayError,
    Remark,
    Written,
    check_dates,
    lost,
    open_env,
    zone_name,
)
from jobrunner.formats.yamltext import document
from jobrunner.model.job import Job
from jobrunner.words import listed

CARRIED = frozenset(
    {"command", "shell", "env", "cron", "every", "timeout", "retry", "overlap", "enabled"}
    | {"catch_up", "kill_after", "limits", "user", "group", "dst", "every_from", "at", "schedules"}
    | {"max_catch_up", "start"}
)
POLICIES = {"allow": "Allow", "replace": "Replace"}
UNFIT = re.compile(r"[^a-z0-9]+")
LONGEST = 52  # the controller adds eleven characters, and 63 are the most
SOONEST = 10  # seconds; the controller looks no more often
REFERENCE = re.compile(r"\$+(?=\()|\${2,}")
IDS = ("user", "group")


def write(jobs: Sequence[Job], origin: str, image: str, now: datetime) -> Written:
    """A manifest for each schedule of each job, all with the same image."""
    texts = [f"# From {shown(origin)}, by jobrunner export kubernetes.\n"]
    remarks: list[Remark] = []
    names: set[str] = set()
    for job in jobs:
        said = _said(job)
        try:
            check_dates(job, now)
            whens = _whens(job)
            manifests = [_manifest(job, when, image, names, many=len(whens) > 1) for when in whens]
        except CannotSayError as error:
            said, manifests = [f"left out: {error}"], []
        else:
            if not manifests:
                said = ["left out: it is run by hand only"]
        remarks += [Remark(job.name, sentence) for sentence in said]
        comments = "".join(f"# ! {job.name}: {sentence}\n" for sentence in said)
        texts += [f"{comments}---\n{document(one)}" for one in manifests] or [comments]
    return Written("".join(texts), tuple(remarks))


def _said(job: Job) -> list[str]:
    keys = lost(job, CARRIED)
    said = [f"not carried over: {listed(keys)}"] if keys else []
    if job.retry.attempts:
        said.append("retries wait 10s, 20s, 40s and so on: backoffLimit has no other delays")
    if job.overlap == "queue":
        said.append('overlap = "queue" becomes Forbid')
    if job.catch_up == "all":
        said.append('catch_up = "all" is one run for all that was missed')
    if job.limits.nice is not None or job.limits.cpu_time or job.limits.open_files:
        said.append("of limits only memory is carried over")
    if words := [key for key in IDS if getattr(job, key) and not getattr(job, key).isdecimal()]:
        said.append(f"{listed(words)} must be a number here, and is left out")
    if len([*job.cron, *job.schedules]) > 1:
        said.append("one CronJob for each of its schedules: they do not keep apart from each other")
    return said


def _whens(job: Job) -> list[tuple[str, str]]:
    """Schedule and zone of each CronJob."""
    if job.at or any(timing.at or timing.every or timing.env for timing in job.schedules):
        raise CannotSayError("`at` and schedules with more than cron cannot be said here")
    if job.dst in {"skip", "both"}:
        raise CannotSayError(f'dst = "{job.dst}" cannot be said here')
    zone = _zone(job, job.timezone.name, zone_name(job.timezone))
    whens = [(_schedule(job, text), zone) for text in job.cron]
    if job.every:
        whens.append((interval_fields(job, job.every), zone))
    for timing in job.schedules:
        other = zone_name(timing.timezone) if timing.timezone else zone
        whens += [(_schedule(job, text), other) for text in timing.cron]
    return whens


def _zone(job: Job, own: str, name: str) -> str:
    if job.dst == "utc":
        return "Etc/UTC"
    if own == "local":
        raise CannotSayError("the host's zone has no name: set timezone")
    return "Etc/UTC" if name == "UTC" else name


def _schedule(job: Job, text: str) -> str:
    if text.startswith("@reboot"):
        raise CannotSayError("@reboot cannot be said here")
    found = numeric(cron.parse(text, job.timezone.info, name=job.name).expression)
    if found is None:
        raise CannotSayError(f"{text} cannot be said here")
    return found


def _manifest(
    job: Job, when: tuple[str, str], image: str, names: set[str], *, many: bool
) -> dict[str, Any]:
    schedule, zone = when
    name = _name(job.name, names, number=1 if many else 0)
    names.add(name)
    spec: dict[str, Any] = {
        "schedule": schedule,
        "timeZone": zone,
        "concurrencyPolicy": POLICIES.get(job.overlap, "Forbid"),
    }
    if job.catch_up == "skip":
        spec["startingDeadlineSeconds"] = max(SOONEST, round(job.grace.total_seconds()))
    if not job.enabled:
        spec["suspend"] = True
    spec["jobTemplate"] = {"spec": _job_spec(job, image)}
    about = {"description": job.description, "docs": job.docs}
    annotations = {f"jobrunner/{key}": value for key, value in about.items() if value}
    metadata: dict[str, Any] = {"name": name, "labels": {"app.kubernetes.io/name": name}}
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": spec}


def _name(name: str, taken: Container[str], number: int) -> str:
    stem = UNFIT.sub("-", name.lower()).strip("-")[: LONGEST - 4].strip("-") or "job"
    stem = stem if stem[0].isalpha() else f"job-{stem}"
    found = f"{stem}-{number}" if number else stem
    while found in taken:
        number += 1
        found = f"{stem}-{number}"
    return found


def _job_spec(job: Job, image: str) -> dict[str, Any]:
    pod: dict[str, Any] = {"restartPolicy": "Never", "containers": [_container(job, image)]}
    if job.timeout:
        # Of the pod: each attempt has its own, as a job's timeout is for each attempt.
        pod["activeDeadlineSeconds"] = max(1, round(job.timeout.total_seconds()))
    pod["terminationGracePeriodSeconds"] = round(job.kill_after.total_seconds())
    ids = {f"runAs{key.title()}": getattr(job, key) for key in IDS if getattr(job, key)}
    if numbers := {key: int(value) for key, value in ids.items() if value.isdecimal()}:
        pod["securityContext"] = numbers
    return {"backoffLimit": job.retry.attempts, "template": {"spec": pod}}


def _container(job: Job, image: str) -> dict[str, Any]:
    if job.command is None:
        raise CannotSayError("it has no command")
    words = (*job.shell, "-c", job.command) if isinstance(job.command, str) else job.command
    container: dict[str, Any] = {
        "name": "job",
        "image": image,
        "command": [_literal(word) for word in words],
    }
    if job.cwd.startswith("/") and job.cwd != _home_of(job):
        container["workingDir"] = job.cwd
    if env := list(_env(job)):
        container["env"] = env
    if job.limits.memory:
        container["resources"] = {"limits": {"memory": str(int(job.limits.memory))}}
    return container


def _home_of(job: Job) -> str:
    """The folder of jobs.toml, where a job starts that says nothing; no image has it."""
    return job.origin.rpartition("/")[0]


def _env(job: Job) -> Iterator[dict[str, str]]:
    for name, value in open_env(job.env).items():
        yield {"name": name, "value": _literal(value)}


def _literal(text: str) -> str:
    """Text in which Kubernetes finds no variable to fill in: $( is written $$(, and $$ too."""
    return REFERENCE.sub(lambda found: found[0] * 2, text)
