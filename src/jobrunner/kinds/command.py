"""What an attempt of a `command` executes: a line for a shell, or a list as it is."""

import posixpath

from jobrunner.errors import UnusableError
from jobrunner.kinds.environment import environment
from jobrunner.kinds.param import require
from jobrunner.kinds.place import at_home
from jobrunner.kinds.task import Setting, Task
from jobrunner.template import fill


def prepare(setting: Setting) -> Task:
    """What to launch for this attempt; UnusableError with a sentence when it cannot be made."""
    require(setting)
    return Task(
        argv=_argv(setting),
        cwd=folder(setting),
        env=environment(setting),
        stdin=setting.job.stdin.encode(),
    )


def _argv(setting: Setting) -> tuple[str, ...]:
    """A string is the shell's and never filled; an element that is filled stays one element."""
    command = setting.job.command
    if command is None:
        raise UnusableError(f"job {setting.job.name} has no command.")
    if isinstance(command, str):
        return (*setting.job.shell, "-c", command)
    return tuple(fill(element, setting.facts) for element in command)


def folder(setting: Setting) -> str:
    """Where the attempt works: the job's own folder, else that of the file that declares it."""
    return at_home(setting.job.cwd or posixpath.dirname(setting.job.origin) or "/", setting)
