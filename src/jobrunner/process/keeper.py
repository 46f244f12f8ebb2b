"""The line of /bin/sh that stands between us and a command, and outlives us to store its code.

The keeper has the spool file as its stdout, and the output file as its stderr.  The command runs in
a subshell that becomes it, and that has lost the spool by then: no trap, `exit` or `exec` of the
command's can take the code away, and no descriptor leads it there.
"""

from collections.abc import Iterator
from pathlib import Path

from jobrunner.process.launch import Capture, Launch

SHELL = "/bin/sh"
NICE = next((path for path in ("/usr/bin/nice", "/bin/nice") if Path(path).exists()), "nice")
NAME = "jobrunner"  # what a shell calls it, should it complain, and what it is found by
SPARE = 5  # seconds of CPU for what heeds XCPU
REFUSED = "unstarted"  # the first word in a spool when the keeper could not start the command

# A handler, not '': a subshell goes back to the default by itself.  `kill 0` is a job's good right.
HEED = "trap : HUP INT QUIT USR1 USR2 PIPE ALRM TERM XCPU XFSZ VTALRM PROF"
OUTPUT: dict[Capture, str] = {
    "both": ">&2",
    "stdout": ">&2 2>/dev/null",
    "stderr": ">/dev/null",
    "none": ">/dev/null 2>&1",
}


def keeper_argv(launch: Launch, *, gated: bool) -> list[str]:
    """The keeper's arguments; a `gated` one stops itself first, until it is let on.

    Numbers are written into the line; what is text comes as arguments, where the shell sees no
    syntax in it.
    """
    procs = f"{launch.cgroup}/cgroup.procs" if launch.cgroup and not gated else ""
    line = "\n".join(_lines(launch, gated=gated, joins=bool(procs)))
    return ["sh", "-c", line, NAME, launch.cwd, procs, *launch.argv]


def _lines(launch: Launch, *, gated: bool, joins: bool) -> Iterator[str]:
    yield HEED
    if gated:
        yield "kill -STOP $$"
    yield "exec 4>&2 2>/dev/null"  # a shell tells who was killed: not into the command's output
    yield "( exec 2>&4 4>&-"
    if joins:
        # Without the cgroup the command runs all the same, and is stopped by sweeps.
        yield '{ echo 0 >"$2"; } 2>/dev/null'
    yield 'cd -- "$1"' + _or_refuse("cwd", launch)
    yield f"unset OLDPWD; umask {launch.umask:03o}; shift 2"
    yield from _limits(launch)
    nice = launch.limits.nice
    via = "" if nice is None else f"{NICE} -n {nice} -- "
    yield f'exec {via}"$@" {OUTPUT[launch.capture]}'
    yield ")"
    yield f"echo $? {launch.tag}".rstrip()


def _limits(launch: Launch) -> Iterator[str]:
    limits = launch.limits
    if limits.open_files is not None:
        yield f"ulimit -n {limits.open_files}" + _or_refuse("open_files", launch)
    elif launch.soft_files is not None:
        yield f"ulimit -S -n {launch.soft_files}" + _or_refuse("open_files", launch)
    if limits.processes is not None:
        # dash and ash say -p; bash says -u, and has another meaning for -p that it refuses.
        number = limits.processes
        yield f"ulimit -p {number} 2>/dev/null || ulimit -u {number}" + _or_refuse(
            "processes", launch
        )
    if limits.cpu_time is not None:
        seconds = max(1, round(limits.cpu_time.total_seconds()))
        # The hard one kills without a word, so it comes later than the signal that says why.
        yield f"ulimit -S -t {seconds}" + _or_refuse("cpu_time", launch)
        yield f"ulimit -H -t {seconds + SPARE} 2>/dev/null"
    if limits.memory is not None:
        yield f"ulimit -v {max(1, limits.memory // 1024)}" + _or_refuse("memory", launch)


def _or_refuse(what: str, launch: Launch) -> str:
    return f" || {{ echo {REFUSED} {what} {launch.tag}; exit 126; }}"
