"""What types cannot say of a job: keys that need or exclude each other."""

import re
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from jobrunner.config import due, placeholder
from jobrunner.config.fault import Fault, fault
from jobrunner.config.spelling import quoted
from jobrunner.model.job import Job

KINDS = ("command", "http", "python", "sql", "sql_file")
PINGS = ("ping", "ping_file", "ping_env")
OTHERS_HOME = re.compile(r"\??~[^/]")

# key: the key beside it that gives it a meaning, the values that do (none: any), and the advice
PARTNERS: Mapping[str, tuple[str, frozenset[str], str]] = {
    "args": ("python", frozenset(), "it is called with them"),
    "interpreter": ("python", frozenset(), "it runs there"),
    "every_from": ("every", frozenset(), "it counts `every`"),
    "max_catch_up": ("catch_up", frozenset({"all"}), 'it bounds catch_up = "all"'),
    "max_instances": ("overlap", frozenset({"allow"}), 'it bounds overlap = "allow"'),
    "on_holiday": ("calendar", frozenset(), "it moves slots off the days of `calendar`"),
}


def faults(job: Job, own: AbstractSet[str]) -> Iterator[Fault]:
    """Everything wrong with a job whose values are each right; `own` are its table's keys."""
    for check in CHECKS:
        yield from check(job)
    if not PARTNERS.keys().isdisjoint(own):
        yield from _partners(job, own)


def _command(job: Job) -> Iterator[Fault]:
    kinds = [kind for kind in KINDS if getattr(job, kind) is not None]
    if len(kinds) != 1:
        found = f"has {' and '.join(kinds)}" if kinds else "has nothing to run"
        hint = f"give exactly one of {', '.join(KINDS)}"
        yield fault((*kinds[1:2],), "E130", f"job {quoted(job.name)} {found}", hint)
    command = job.command
    if command is None:
        return
    if not command or not (command.strip() if isinstance(command, str) else command[0]):
        yield fault(("command",), "E116", "`command` is empty", "write what to run")


def _partners(job: Job, own: AbstractSet[str]) -> Iterator[Fault]:
    for key in PARTNERS.keys() & own:
        partner, values, why = PARTNERS[key]
        value = getattr(job, partner)
        rhythms = [timing.every for timing in job.schedules if partner == "every"]
        if (value in values) if values else (value or any(rhythms)):
            continue
        yield fault((key,), "E133", f"`{key}` says nothing without `{partner}`", why)


def _params(job: Job) -> Iterator[Fault]:
    variables: dict[str, str] = {}
    for name, param in job.params.items():
        other = variables.setdefault(name.upper(), name)
        if other != name:
            message = f"`{name}` and `{other}` are both JOBRUNNER_PARAM_{name.upper()}"
            yield fault(("params", name), "E131", message)
        path = ("params", name, "default")
        if param.choices and param.default and param.default not in param.choices:
            yield fault(path, "E104", f"{quoted(param.default)} is none of the choices")
        elif param.pattern and param.default and not re.fullmatch(param.pattern, param.default):
            yield fault(path, "E113", f"{quoted(param.default)} does not match the pattern")


def _homes(job: Job) -> Iterator[Fault]:
    if not job.env_file and not job.cwd.startswith("~"):
        return
    for where, path in (("cwd", job.cwd), *(("env_file", file) for file in job.env_file)):
        if OTHERS_HOME.match(path):
            message = f"{quoted(path)} is seen from the home of somebody else"
            yield fault((where,), "E113", message, "write the folder out; `~` is the job's user's")


def _expect(job: Job) -> Iterator[Fault]:
    expect = job.expect
    if not expect.file and (expect.newer or expect.min_size is not None):
        yield fault(("expect",), "E133", "`newer` and `min_size` need the `file` they look at")


def _threshold(job: Job) -> Iterator[Fault]:
    after = job.notify_after
    if after.of is not None and after.of < after.failures:
        message = f"{after.failures} failures of the last {after.of} cannot be"
        yield fault(("notify_after",), "E103", message)


def _timeout(job: Job) -> Iterator[Fault]:
    if job.timeout is not None and not job.timeout:
        hint = "write false for no timeout"
        yield fault(("timeout",), "E103", "a timeout of nothing would end every attempt", hint)


def _pings(job: Job) -> Iterator[Fault]:
    given = [key for key in PINGS if getattr(job, key)]
    if len(given) > 1:
        message = f"`{given[0]}` and `{given[1]}` are two forms of one thing"
        yield fault((given[1],), "E131", message)


def _http(job: Job) -> Iterator[Fault]:
    if job.http is None:
        return
    given = [key for key in ("url", "url_file", "url_env") if getattr(job.http, key)]
    if len(given) != 1:
        found = f"has {' and '.join(given)}" if given else "has no address"
        hint = "give exactly one of url, url_file, url_env"
        yield fault(("http", *given[1:2]), "E130", f"`http` {found}", hint)
    if job.http.json is not None and job.http.body:
        yield fault(("http", "body"), "E131", "`json` and `body` are two forms of one thing")
    for name in job.http.headers.keys() & job.http.headers_env.keys():
        yield fault(("http", "headers_env", name), "E131", f"`{name}` is in `headers`, too")


def _sql(job: Job) -> Iterator[Fault]:
    given = [key for key in ("database_env", "database_file") if getattr(job, key)]
    if (job.sql or job.sql_file) and len(given) != 1:
        found = f"{' and '.join(given)} are two forms of one thing" if given else "has no database"
        hint = "give exactly one of database_env, database_file"
        yield fault((*given[1:2],), "E130", f"job {quoted(job.name)} {found}", hint)
    if job.sql_params and not (job.sql or job.sql_file):
        yield fault(("sql_params",), "E133", "`sql_params` says nothing without `sql`")


CHECKS: tuple[Callable[[Job], Iterator[Fault]], ...] = (
    _command,
    _http,
    _sql,
    due.faults,
    _params,
    placeholder.faults,
    _homes,
    _expect,
    _threshold,
    _timeout,
    _pings,
)
