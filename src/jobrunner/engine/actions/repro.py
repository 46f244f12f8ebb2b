"""Runs again what ran: as a line for a shell, or here and now; in no case in the ledger.

Values of secrets stay where they are: a file of variables is read when the line is run, and what
jobs.toml holds itself has to be in the shell that runs it.
"""

import os
import re
import resource
import shlex
import signal
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import NoReturn

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.engine.ground import identity_of
from jobrunner.engine.recall import Version, version_of
from jobrunner.engine.report.surroundings import account, ground_with, inherited_here
from jobrunner.engine.scene import Scene
from jobrunner.engine.setting import Known, setting
from jobrunner.engine.ticker import Host
from jobrunner.errors import BusyError, ForbiddenError
from jobrunner.jobfile.place import Asker
from jobrunner.jobfile.trust import check_own
from jobrunner.kinds import kind
from jobrunner.kinds.environment import Layer, layers
from jobrunner.kinds.task import Setting, Task
from jobrunner.model.job import Job, Limits
from jobrunner.model.run import Run, State
from jobrunner.model.secret import is_secret
from jobrunner.process.descriptor import filled
from jobrunner.process.failure import Failure
from jobrunner.process.identity import Identity
from jobrunner.store.value import RunFilter
from jobrunner.words import listed

NOWHERE = "/dev/null"
# By which the processes of the true run are known, and where it stands in a trace.
OWN = frozenset({"JOBRUNNER_MARK", "TRACEPARENT"})
NEXT = " \\\n  "
# What a shell reads from a file of variables as we do: nothing in it means anything to it.
HARMLESS = re.compile(
    rb"(?:[ \t]*(?:#[^\n]*)?|(?:export )?[A-Za-z_]\w*=(?:[\w./:@%+,=-]*|'[^'\n]*'))\r?"
)
FROM_FILES = "env_file"


class Reproduction(Struct, frozen=True, kw_only=True):
    """What one run executed, as a shell would be told to do it again.

    `line` is '' for what no shell can be told.  `notes` are what it cannot have from here.
    """

    run: int
    job: str
    attempt: int
    version: str
    is_current: bool
    line: str
    notes: tuple[str, ...]


class Whole(Struct, frozen=True, kw_only=True):
    """The same, to be executed: with every value."""

    job: Job
    task: Task
    identity: Identity


def reproduce(scene: Scene, run: Run, asker: Asker, host: Host) -> tuple[Reproduction, Whole]:
    """What the last attempt of a run executed.  BusyError if it never came to one.

    ForbiddenError if only the ledger knows what that was, and others may write the ledger.
    """
    if not run.attempts:
        reason = f": {run.reason}" if run.reason else ""
        raise BusyError(f"{run.job} #{run.id} was {run.state}{reason}. Nothing was executed.")
    version = version_of(run, scene.store, scene.config.jobs)
    if not version.is_current:
        _refuse_hearsay(scene, run, asker.uid)
    found = _setting(scene, run, version.job, asker, host)
    task = kind.prepare(found)
    shown = Reproduction(
        run=run.id,
        job=run.job,
        attempt=run.attempts,
        version=run.definition,
        is_current=version.is_current,
        line=_line(version.job, found, task) if version.job.command is not None else "",
        notes=tuple(_notes(run, version, found)),
    )
    env = {name: value for name, value in task.env.items() if name not in OWN}
    whole = replace(task, env={**env, "JOBRUNNER_RESULT": NOWHERE})
    return shown, Whole(job=version.job, task=whole, identity=account(version.job))


def become(whole: Whole) -> NoReturn:
    """Be the job, in the foreground: this process ends as it ends.

    ForbiddenError if its user is another one; OSError if it cannot be executed.
    """
    refused = identity_of(whole.job)
    if isinstance(refused, Failure):
        raise ForbiddenError(f"{whole.job.name} cannot be run here: {refused.message}.")
    task, identity = whole.task, whole.identity
    with ExitStack() as open_files:
        stdin = open_files.enter_context(filled(task.stdin))
        os.dup2(stdin, 0)
        _limit(whole.job.limits)
        os.umask(int(whole.job.umask, 8))
        if not identity.is_ours():
            os.setgroups(identity.groups)
            os.setresgid(identity.gid, identity.gid, identity.gid)
            os.setresuid(identity.uid, identity.uid, identity.uid)
        os.chdir(task.cwd)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # which Python ignores for itself
        os.execvpe(task.argv[0], task.argv, task.env)  # noqa: S606 - to run it is the trade


def _refuse_hearsay(scene: Scene, run: Run, uid: int) -> None:
    """What is executed comes from files that are checked; this would come from the ledger."""
    try:
        _check_ledger(scene, uid)
    except ForbiddenError as error:
        danger = str(error).partition("\n")[0]
        raise ForbiddenError(
            f"{run.job} has changed since #{run.id}, and only the ledger knows what ran: {danger}\n"
            "What jobs.toml said then: jobrunner config history"
        ) from error


def _check_ledger(scene: Scene, uid: int) -> None:
    """Refuse a ledger that others could have written."""
    if scene.is_shared:
        raise ForbiddenError("it is in a database, which many hosts write")
    for path in (scene.file.parent, scene.file):
        check_own(str(path), path.stat(), uid)


def _limit(limits: Limits) -> None:
    if limits.nice is not None:
        os.nice(limits.nice)
    cpu = limits.cpu_time
    bounds = {
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_AS: limits.memory,
        resource.RLIMIT_CPU: max(1, round(cpu.total_seconds())) if cpu else None,
    }
    for what, bound in bounds.items():
        if bound is not None:
            resource.setrlimit(what, (bound, bound))


def _setting(scene: Scene, run: Run, job: Job, asker: Asker, host: Host) -> Setting:
    from_whom = inherited_here(scene.state, scene.config, asker, host)
    ground = ground_with(from_whom, scene.config, scene.state)
    wanted = RunFilter(job=run.job, states=(State.SUCCESS,), before=run.id, limit=1)
    successes = scene.store.runs(wanted)
    mark = scene.store.marks().get((run.job, run.place))
    known = Known(
        successes[0].finished_at if successes else None,
        mark.first_seen_at if mark else run.created_at,
    )
    found = setting(ground, run, job, account(job), known)
    return replace(found, networks=scene.config.settings.allow_private_urls)


def _notes(run: Run, version: Version, found: Setting) -> Iterator[str]:
    job = version.job
    if not version.is_current:
        yield (
            f"{job.name} has changed since: this is version {run.definition[:8]}, which ran."
            f" As it is now: jobrunner show {job.name}"
        )
    if version.lost:
        yield f"{listed(version.lost)}: set then, not now; its value is nowhere. Set it yourself"
    if job.command is None:
        yield f"no shell can be told what {job.name} does: jobrunner repro {run.id} --run"
        return
    if names := _secrets(layers(found)):
        yield f"{listed(names)}: the line takes the value from the shell that runs it"
    for layer in layers(found):
        if layer.file and layer.variables and not _is_harmless(found.read(layer.file)):
            yield f"a shell reads {layer.file} in its own way: --run has what the job had"


def _is_harmless(content: bytes) -> bool:
    return all(HARMLESS.fullmatch(line) for line in content.split(b"\n"))


def _secrets(found: Iterable[Layer]) -> list[str]:
    """Variables whose value must not be written down, and that no file holds."""
    last = {name: layer.source for layer in found for name in layer.variables}
    return [name for name, source in last.items() if is_secret(name) and source != FROM_FILES]


def _line(job: Job, found: Setting, task: Task) -> str:
    """A line that does it again, wherever it is pasted.

    1. Another user, where that is needed; 2. an empty environment, and what stands before files;
    3. a shell that goes to the folder, reads the files, sets the rest, and becomes the command.
    """
    all_layers = layers(found)
    secrets = _secrets(all_layers)
    before, after = _around_files(all_layers, secrets)
    words = [f"{name}={shlex.quote(value)}" for name, value in before.items()]
    files = [layer.file for layer in all_layers if layer.file and layer.variables]
    script = "; ".join(_script(job, task, files, secrets, after))
    stdin = f"printf %s {shlex.quote(task.stdin.decode())} | " if task.stdin else ""
    parts = [
        f"{stdin}{_as_user(job)}env -i",
        *words,
        f"/bin/sh -c {shlex.quote(script)} sh",
        shlex.join(task.argv) + ("" if task.stdin else f" <{NOWHERE}"),
    ]
    return NEXT.join(parts) + _here(secrets)


def _around_files(found: list[Layer], secrets: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """What is set before files of variables are read, and what outranks them."""
    first = next((n for n, layer in enumerate(found) if layer.file), len(found))
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for number, layer in enumerate(found):
        told = {k: v for k, v in layer.variables.items() if k not in {*secrets, *OWN}}
        if layer.source != FROM_FILES:
            (before if number < first else after).update(told)
    after["JOBRUNNER_RESULT"] = NOWHERE
    return {name: value for name, value in before.items() if name not in after}, after


def _script(
    job: Job, task: Task, files: list[str], secrets: list[str], after: Mapping[str, str]
) -> Iterator[str]:
    yield f"cd -- {shlex.quote(task.cwd)} || exit"
    yield f"umask {job.umask}"
    yield from (f"set -a; . {shlex.quote(file)}; set +a" for file in files)
    yield "export " + " ".join(f"{name}={shlex.quote(value)}" for name, value in after.items())
    yield from (f"IFS= read -r {name} <&3; export {name}" for name in secrets)
    if secrets:
        yield "exec 3<&-"
    yield from _limits(job.limits)
    nice = "" if job.limits.nice is None else f"nice -n {job.limits.nice} -- "
    yield f'exec {nice}"$@"'


def _as_user(job: Job) -> str:
    if not job.user and not job.group:
        return ""
    identity = account(job)
    if identity.is_ours():
        return ""
    sudo = "sudo " if os.geteuid() else ""
    return f"{sudo}setpriv --reuid={identity.uid} --regid={identity.gid} --init-groups "


def _limits(limits: Limits) -> Iterator[str]:
    if limits.open_files is not None:
        yield f"ulimit -n {limits.open_files}"
    if limits.processes is not None:
        # dash says -p, bash says -u, and has another meaning for -p that it refuses.
        yield f"ulimit -p {limits.processes} 2>/dev/null || ulimit -u {limits.processes}"
    if limits.cpu_time is not None:
        yield f"ulimit -S -t {max(1, round(limits.cpu_time.total_seconds()))}"
    if limits.memory is not None:
        yield f"ulimit -v {max(1, limits.memory // 1024)}"


def _here(secrets: list[str]) -> str:
    """The secrets' values on a descriptor of their own: in no list of arguments."""
    if not secrets:
        return ""
    return " 3<<SECRETS\n" + "\n".join(f"${name}" for name in secrets) + "\nSECRETS"
