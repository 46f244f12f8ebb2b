"""The variables of an attempt: clean, documented, the same whoever started it.

In this order, the later ones win: what every job has, what is inherited, `env_file`, the job's
`env`, that of its schedule, parameters, and what jobrunner itself tells.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from jobrunner.errors import JobrunnerError, UnusableError
from jobrunner.kinds import env_file
from jobrunner.kinds.place import at_home
from jobrunner.kinds.task import Account, Setting
from jobrunner.kinds.trace import traceparent
from jobrunner.model.run import Run
from jobrunner.template import Facts, fill

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SHELL = "/bin/sh"
FENCE = "JOBRUNNER_FENCE"
PERSONAL = ("HOME", "USER", "LOGNAME", "SHELL")


class Layer(Struct, frozen=True):
    """Variables from one source; `file` is the env_file that they stand in."""

    source: str
    variables: Mapping[str, str]
    file: str = ""


def environment(setting: Setting) -> dict[str, str]:
    """Every variable.  UnusableError when a file, a placeholder or a value cannot be used."""
    env: dict[str, str] = {}
    for layer in layers(setting):
        env |= layer.variables
    unfit = next((name for name, value in env.items() if "\0" in value), None)
    if unfit is not None:
        raise UnusableError(f"{unfit} holds a NUL character, which no variable can carry.")
    return env


def layers(setting: Setting) -> list[Layer]:
    """Where the variables come from; of two with one name the later counts."""
    params = setting.facts.params
    return [
        Layer("every job", {"PATH": PATH}),
        Layer("inherited", _inherited(setting)),
        Layer("account", _personal(setting.account, setting.inherited)),
        *_of_files(setting),
        Layer("env", _filled(setting.job.env, setting.facts)),
        Layer("schedule", _filled(setting.timing_env, setting.facts)),
        Layer("params", {f"JOBRUNNER_PARAM_{name.upper()}": v for name, v in params.items()}),
        Layer("jobrunner", _told(setting)),
    ]


def _inherited(setting: Setting) -> dict[str, str]:
    chosen = setting.job.inherit_env
    if chosen is False:
        return {}
    names = {"LANG", "TZ", *(() if chosen is True else chosen)}
    return {
        name: value
        for name, value in setting.inherited.items()
        if name in names or name.startswith("LC_")
    }


def _personal(account: Account | None, inherited: Mapping[str, str]) -> dict[str, str]:
    if account is None:
        return {name: inherited[name] for name in PERSONAL if name in inherited}
    name, shell = account.name, account.shell or SHELL
    return {"HOME": account.home, "USER": name, "LOGNAME": name, "SHELL": shell}


def _of_files(setting: Setting) -> list[Layer]:
    """What each file sets; every problem of all of them at once."""
    found: list[Layer] = []
    problems: list[str] = []
    for named in setting.job.env_file:
        path = at_home(named.removeprefix("?"), setting)
        read = env_file.parse(_content(path, setting, is_optional=named.startswith("?")))
        found.append(Layer("env_file", read.values, path))
        problems += [f"{path}, {problem}" for problem in read.problems]
    if problems:
        raise UnusableError(f"env_file {'; '.join(problems)}.")
    return found


def _content(path: str, setting: Setting, *, is_optional: bool) -> bytes:
    try:
        return setting.read(path)
    except JobrunnerError as error:
        if is_optional and isinstance(error.__cause__, FileNotFoundError):
            return b""
        raise UnusableError(f"env_file {error}") from error


def _filled(env: Mapping[str, str], facts: Facts) -> dict[str, str]:
    return {name: fill(value, facts) for name, value in env.items()}


def _told(setting: Setting) -> dict[str, str]:
    run, facts = setting.run, setting.facts
    return {
        "JOBRUNNER_JOB": setting.job.name,
        "JOBRUNNER_RUN_ID": str(run.id),
        "JOBRUNNER_RUN_UUID": setting.uuid,
        "JOBRUNNER_ATTEMPT": str(facts.attempt),
        "JOBRUNNER_MAX_ATTEMPTS": str(setting.max_attempts),
        "JOBRUNNER_SCHEDULED_FOR": _moment(run.scheduled_for or run.slot_of, facts),
        "JOBRUNNER_PREVIOUS_SUCCESS": _moment(facts.previous_success, facts),
        "JOBRUNNER_TRIGGER": run.trigger.value,
        "JOBRUNNER_HOST": setting.host,
        "JOBRUNNER_RESULT": setting.result_path,
        "JOBRUNNER_MARK": setting.mark,
        "TRACEPARENT": traceparent(setting.uuid, facts.attempt),
        **_told_of_a_chain(run),
        **_told_of_a_claim(setting),
    }


def _told_of_a_chain(run: Run) -> dict[str, str]:
    return {} if run.follows is None else {"JOBRUNNER_AFTER_RUN_ID": str(run.follows)}


def _told_of_a_claim(setting: Setting) -> dict[str, str]:
    return {} if setting.fence is None else {FENCE: setting.fence}


def _moment(moment: datetime | None, facts: Facts) -> str:
    return moment.astimezone(facts.zone).isoformat() if moment else ""
