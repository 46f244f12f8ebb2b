"""The variables of a job's next attempt, each with its source, and how a shell differs."""

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.clock import SystemClock
from jobrunner.engine.actions.preview import ground_of
from jobrunner.engine.ground import Ground, identity_of
from jobrunner.engine.report.inherited import Inherited, inherited
from jobrunner.engine.report.origin import Origin, origin
from jobrunner.engine.scene import Scene
from jobrunner.engine.setting import Known, setting
from jobrunner.engine.state import State
from jobrunner.engine.ticker import Host, installed, seeing_to
from jobrunner.errors import ForbiddenError, UnusableError
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.place import Asker
from jobrunner.kinds.environment import Layer, layers
from jobrunner.kinds.task import Setting
from jobrunner.model.job import Job
from jobrunner.model.run import Run, Trigger
from jobrunner.model.run import State as RunState
from jobrunner.model.secret import is_secret, masked
from jobrunner.model.settings import Config
from jobrunner.process.failure import Failure
from jobrunner.process.identity import Identity, identify
from jobrunner.schedule.compose import compose

OF_A_RUN = "set for each run"
# What jobrunner tells every run of the job alike.
OF_THE_JOB = frozenset({"JOBRUNNER_JOB", "JOBRUNNER_HOST", "JOBRUNNER_MAX_ATTEMPTS"})
# What a shell keeps for itself, and what every program of one window has.
OF_A_SHELL = frozenset({"_", "PWD", "OLDPWD", "SHLVL", "TERM", "COLUMNS", "LINES"})

Change = Literal["only_shell", "only_job", "differs"]


class Variable(Struct, frozen=True, kw_only=True):
    """One variable as it may be shown, and its source.

    `value` is None for what differs from run to run, and for what a file holds.
    """

    name: str
    value: str | None
    source: str
    is_secret: bool


class Difference(Struct, frozen=True, kw_only=True):
    """A variable that a shell and a job do not have alike; secrets are starred out."""

    name: str
    change: Change
    shell: str | None
    job: str | None


def see_variables(
    scene: Scene, job: Job, asker: Asker, host: Host, now: datetime
) -> list[Variable]:
    """What the job's next attempt gets, in the order of the sources."""
    found, from_whom = _rehearsed(scene, job, asker, host, now)
    place = origin(job, Disk(asker.uid))
    told: dict[str, Variable] = {}
    for layer in layers(found):
        source = _source(layer, found, from_whom)
        for name, value in layer.variables.items():
            told.pop(name, None)  # the later one counts, and stands with its source
            told[name] = _told(name, value, layer, source, place)
    return sorted(told.values(), key=lambda each: each.source == OF_A_RUN)


def differences(
    scene: Scene, job: Job, asker: Asker, host: Host, now: datetime
) -> list[Difference]:
    """How the shell that asks differs from what the job gets, but for what is a run's own."""
    found, _ = _rehearsed(scene, job, asker, host, now)
    theirs: dict[str, str] = {}
    files: dict[str, str] = {}
    for layer in layers(found):
        if layer.source != "jobrunner":
            theirs |= layer.variables
            files |= dict.fromkeys(layer.variables, layer.file)
    mine = {name: value for name, value in asker.environ.items() if name not in OF_A_SHELL}
    return sorted(_compared(mine, theirs, files), key=lambda each: each.name)


def rehearsed(job: Job, ground: Ground, now: datetime) -> Setting:
    """What an attempt would know that begins now; UnusableError if the host has not its user."""
    run = Run(
        id=0,
        job=job.name,
        scheduled_for=compose(job, now).next_after(now),
        trigger=Trigger.SCHEDULE,
        state=RunState.RUNNING,
        created_at=now,
        attempts=1,
    )
    return setting(ground, run, job, account(job), Known(None, now))


def ground_with(from_whom: Inherited, config: Config, state: State) -> Ground:
    """Where attempts run, as whoever is not their supervisor can tell."""
    return replace(ground_of(config, state, SystemClock()), inherited=from_whom.variables)


def account(job: Job) -> Identity:
    """Who the job runs as, whether or not we may become it."""
    found = identity_of(job)
    if isinstance(found, Failure) and job.user:
        found = identify(job.user, job.group)
    if isinstance(found, Failure):
        raise UnusableError(f"job {job.name} cannot run: {found.message}.")
    return found


def inherited_here(state: State, config: Config, asker: Asker, host: Host) -> Inherited:
    """What attempts of this jobs.toml inherit from."""
    return inherited(state, seeing_to(installed(host), config.origin), host, asker.environ)


def _rehearsed(
    scene: Scene, job: Job, asker: Asker, host: Host, now: datetime
) -> tuple[Setting, Inherited]:
    from_whom = inherited_here(scene.state, scene.config, asker, host)
    found = rehearsed(job, ground_with(from_whom, scene.config, scene.state), now)
    return replace(found, read=_advising(found.read)), from_whom


def _advising(read: Callable[[str], bytes]) -> Callable[[str], bytes]:
    """Reads, and says who could where our rights are not enough."""

    def with_advice(path: str) -> bytes:
        try:
            return read(path)
        except ForbiddenError as error:
            if os.geteuid():
                raise ForbiddenError(f"{error}\nRoot could tell: sudo jobrunner env ...") from error
            raise

    return with_advice


def _told(name: str, value: str, layer: Layer, source: str, place: Origin) -> Variable:
    hidden = is_secret(name)
    if layer.source == "jobrunner" and name not in OF_THE_JOB:
        return Variable(name=name, value=None, source=OF_A_RUN, is_secret=False)
    if layer.source == "env_file":
        return Variable(name=name, value=None, source=source, is_secret=hidden)
    spot = place.keys.get(f"env.{name}") if layer.source == "env" else None
    where = f"{place.file}:{spot.line}" if spot else source
    return Variable(name=name, value=masked(name, value), source=where, is_secret=hidden)


def _source(layer: Layer, setting: Setting, from_whom: Inherited) -> str:
    if layer.source == "account" and setting.account:
        return f"account of {setting.account.name}"
    if layer.source in {"inherited", "account"}:
        return from_whom.source
    if layer.source in {"env", "schedule"}:
        return setting.job.origin
    return layer.file or layer.source


def _compared(
    shell: Mapping[str, str], job: Mapping[str, str], files: Mapping[str, str]
) -> Iterator[Difference]:
    for name in shell.keys() | job.keys():
        mine, theirs = shell.get(name), job.get(name)
        if mine == theirs:
            continue
        change: Change = "differs"
        if mine is None or theirs is None:
            change = "only_job" if mine is None else "only_shell"
        file = files.get(name)
        yield Difference(
            name=name,
            change=change,
            shell=mine if mine is None else masked(name, mine),
            job=f"(from {file})" if file else theirs if theirs is None else masked(name, theirs),
        )
