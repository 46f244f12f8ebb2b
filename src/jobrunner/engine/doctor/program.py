"""Whether each job could start: its user, folder, files of variables, program and interpreter."""

import os
import stat
from collections.abc import Iterator

from msgspec.structs import replace

from jobrunner.config.spelling import shown
from jobrunner.engine.doctor.finding import Finding, ok, problem, warning
from jobrunner.engine.doctor.line import programs, wanted
from jobrunner.engine.doctor.patient import Patient, told
from jobrunner.engine.report.surroundings import account, rehearsed
from jobrunner.engine.ticker import rooting
from jobrunner.errors import JobrunnerError, UnusableError
from jobrunner.kinds import kind
from jobrunner.kinds.task import Task
from jobrunner.model.job import Job
from jobrunner.process.identity import Identity
from jobrunner.process.launch import Launch, obstacle
from jobrunner.words import listed, numbered

NOWHERE = -1  # no descriptor: nothing is started
FIRST = 256  # bytes in which a script names its interpreter


def look(patient: Patient) -> Iterator[Finding]:
    found = [each for job in patient.jobs if job.enabled for each in _job(job, patient)]
    yield from found
    checked = sum(job.enabled for job in patient.jobs)
    if not found and checked:
        yield ok(
            f"{numbered(checked, 'job')} could start: user, folder, files and program are there"
        )


def _job(job: Job, patient: Patient) -> Iterator[Finding]:
    name = job.name
    if job.user and patient.owner not in {0, _uid(job)}:
        message = f"{name}: user = {job.user}, but {patient.owner_name} supervises, who is not root"
        advice = f"take `user` out, or have root tick: {rooting(patient.state.folder)} cron"
        yield problem(message, advice, job=name)
        return
    try:
        whole = job if job.user else replace(job, user=patient.owner_name)
        identity = account(whole)
        task = _task(job, whole, patient)
    except JobrunnerError as error:
        message, fix = told(error)
        message = message.removeprefix(f"job {name} cannot run: ")
        yield problem(f"{name}: {shown(message)}", fix, job=name)
        return
    yield from _task_of(job, task, identity, patient)


def _uid(job: Job) -> int | None:
    try:
        return account(job).uid
    except UnusableError:
        return None


def _task(job: Job, whole: Job, patient: Patient) -> Task:
    """What would be launched, of whatever kind the job is."""
    setting = rehearsed(whole, patient.ground, patient.now)
    networks = patient.config.settings.allow_private_urls if patient.config else ()
    return kind.prepare(replace(setting, job=job, networks=networks))


def _task_of(job: Job, task: Task, identity: Identity, patient: Patient) -> Iterator[Finding]:
    name = job.name
    failure = obstacle(
        Launch(argv=task.argv, cwd=task.cwd, env=task.env, spool=NOWHERE, output=NOWHERE)
    )
    if failure:
        hint = _hint(task.argv[0], patient) if task.argv else ""
        yield problem(f"{name}: {shown(failure.message)}", hint, job=name)
        return
    if not may(identity, task.cwd, os.X_OK):
        message = f"{name}: {identity.name} may not enter {shown(task.cwd)}"
        yield problem(message, f"cwd = ... in [jobs.{name}], or chmod", job=name)
    if isinstance(job.command, str):
        yield from _line(job, job.command, task, patient)
    elif job.command is not None:
        yield from _program(job, _found(task.argv[0], task), identity)


def _line(job: Job, line: str, task: Task, patient: Patient) -> Iterator[Finding]:
    """What a shell will not find, as far as the line can be read without one."""
    path = task.env.get("PATH", "")
    for program in programs(line):
        if _found(program, task):
            continue
        where = f"on the PATH that it gets ({path})" if "/" not in program else "there"
        message = f"{job.name}: {shown(program)} is not {where}"
        yield warning(message, _hint(program, patient), job=job.name)
    lacking = [name for name in wanted(line) if name in patient.environ and name not in task.env]
    if lacking:
        names = listed(f"${name}" for name in lacking)
        message = f"{job.name}: its line has {names}, which your shell sets and the job has not"
        yield warning(message, f"jobrunner env {job.name} --diff", job=job.name)


def _program(job: Job, path: str, identity: Identity) -> Iterator[Finding]:
    """What keeps its user from executing a file that is there."""
    name = job.name
    if not path:
        return
    if not may(identity, path, os.X_OK):
        message = f"{name}: {identity.name} may not execute {shown(path)}"
        yield problem(message, f"chmod o+rx {path}", job=name)
    elif os.statvfs(path).f_flag & os.ST_NOEXEC:
        message = f"{name}: {shown(path)} lies on a file system that is mounted noexec"
        yield problem(message, "move the program, or start it through its interpreter", job=name)
    else:
        yield from _interpreter(job, path, identity)


def _interpreter(job: Job, path: str, identity: Identity) -> Iterator[Finding]:
    first = _first_line(path)
    if not first.startswith("#!"):
        return
    program = next(iter(first[2:].split()), "")
    if first.endswith("\r"):
        message = f"{job.name}: the first line of {shown(path)} ends with a carriage return"
        yield problem(message, f"sed -i 's/\\r$//' {path}", job=job.name)
    elif not os.path.exists(program):  # noqa: PTH110 - paths are strings here
        message = f"{job.name}: {shown(path)} wants {shown(program)}, which is not there"
        yield problem(message, "correct its first line, or install that", job=job.name)
    elif not may(identity, path, os.R_OK):
        message = f"{job.name}: {identity.name} may not read the script {shown(path)}"
        yield problem(message, f"chmod o+r {path}", job=job.name)


def _first_line(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - paths are strings here
            return file.read(FIRST).split(b"\n")[0].decode(errors="replace")
    except OSError:
        return ""


def _found(program: str, task: Task) -> str:
    """Where it is found by the job; '' if nowhere."""
    folders = [""] if "/" in program else task.env.get("PATH", "").split(":")
    places = (os.path.join(task.cwd, folder, program) for folder in folders)  # noqa: PTH118
    return next(filter(_is_program, places), "")


def _is_program(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - paths are strings here
    except OSError:
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o111)


def _hint(program: str, patient: Patient) -> str:
    """Where the shell that asks finds it."""
    folders = patient.environ.get("PATH", "").split(":") if "/" not in program else []
    places = (f"{folder}/{program}" for folder in folders if folder.startswith("/"))
    found = next(filter(_is_program, places), "")
    return f"your shell finds it: write {found}" if found else ""


def may(identity: Identity, path: str, want: int) -> bool:
    """Whether an account may do this with a file, and may enter each folder on the way.

    By the modes alone: what an ACL allows beyond them is not seen.
    """
    parts = [path]
    while parts[-1] not in {"/", ""}:
        parts.append(os.path.dirname(parts[-1]))  # noqa: PTH120 - paths are strings here
    folders = [each or "/" for each in parts[1:]]
    return _has(identity, path, want) and all(_has(identity, each, os.X_OK) for each in folders)


def _has(identity: Identity, path: str, want: int) -> bool:
    try:
        found = os.stat(path)  # noqa: PTH116 - paths are strings here
    except PermissionError:  # we are not to know
        return True
    except OSError:
        return False
    if identity.uid == 0:
        return want != os.X_OK or stat.S_ISDIR(found.st_mode) or bool(found.st_mode & 0o111)
    if found.st_uid == identity.uid:
        return bool(found.st_mode >> 6 & want)
    is_member = found.st_gid in {identity.gid, *identity.groups}
    return bool(found.st_mode >> (3 if is_member else 0) & want)
