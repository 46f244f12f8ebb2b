"""What an attempt of an `http` job executes: a call of a URL, by a program of ours."""

import sys
from typing import Any
from urllib.parse import quote

from msgspec import Struct, json

from jobrunner.errors import UnusableError
from jobrunner.kinds.command import folder
from jobrunner.kinds.environment import environment
from jobrunner.kinds.param import require
from jobrunner.kinds.place import at_home
from jobrunner.kinds.task import Setting, Task
from jobrunner.kinds.value import filled
from jobrunner.model.job import Http
from jobrunner.template import fill

PROGRAM = ("-P", "-m", "jobrunner.kinds.program.request")
JSON = "application/json"


class Order(Struct, frozen=True, kw_only=True):
    """What the program is to do."""

    url: str
    method: str
    headers: dict[str, str]
    secret: tuple[str, ...]
    body: str
    expect_status: tuple[int, ...]
    expect_body: str
    redirects: int
    wait: float
    verify: bool
    ca_file: str
    networks: tuple[str, ...]


def prepare(setting: Setting) -> Task:
    """What to launch for this attempt; UnusableError with a sentence when it cannot be made."""
    require(setting)
    env = environment(setting)
    order = _order(setting, env)
    # Not in the arguments, which everybody on the host can read.
    return Task(
        argv=(sys.executable, *PROGRAM), cwd=folder(setting), env=env, stdin=json.encode(order)
    )


def _order(setting: Setting, env: dict[str, str]) -> Order:
    http = setting.job.http
    assert http is not None
    body = _body(http, setting)
    return Order(
        url=_url(http, setting, env),
        method=http.method or ("POST" if body else "GET"),
        headers=_headers(http, setting, env),
        secret=(*http.headers_env,),
        body=body,
        expect_status=http.expect_status,
        expect_body=str(http.expect_body),
        redirects=http.redirects,
        wait=http.wait.total_seconds(),
        verify=http.verify,
        ca_file=at_home(http.ca_file, setting),
        networks=tuple(setting.networks),
    )


def _url(http: Http, setting: Setting, env: dict[str, str]) -> str:
    if http.url_file:
        return setting.read(at_home(http.url_file, setting)).decode(errors="replace").strip()
    if http.url_env:
        return _variable(http.url_env, env)
    # A value stays one piece of the address, whatever is in it.
    return fill(http.url or "", setting.facts, lambda value: quote(value, safe=""))


def _headers(http: Http, setting: Setting, env: dict[str, str]) -> dict[str, str]:
    told = {name: fill(value, setting.facts) for name, value in http.headers.items()}
    secret = {name: _variable(variable, env) for name, variable in http.headers_env.items()}
    kind = {"Content-Type": JSON} if http.json is not None else {}
    whole = kind | told | secret
    named = {name.lower() for name in whole}
    return whole if "traceparent" in named else {"Traceparent": env["TRACEPARENT"], **whole}


def _body(http: Http, setting: Setting) -> str:
    if http.json is None:
        return fill(http.body, setting.facts)
    value: Any = filled(http.json, setting.facts)
    return json.encode(value).decode()


def _variable(name: str, env: dict[str, str]) -> str:
    try:
        return env[name].strip()
    except KeyError:
        raise UnusableError(
            f"${name} is not set for the job; set it in its env or env_file."
        ) from None
