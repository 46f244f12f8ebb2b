"""What a supervisor has to hand on: its own environment, or that of whoever will start it."""

import shlex
from collections.abc import Mapping, Sequence

from msgspec import Struct

from jobrunner.engine.rise import scrubbed
from jobrunner.engine.state import State
from jobrunner.engine.ticker import Host, Ticker
from jobrunner.process.birth import birth_of, status
from jobrunner.process.find import environment
from jobrunner.process.flock import holder

# Where a host says which language it speaks: cron reads the first two, systemd the others.
CRON_FILES = ("/etc/environment", "/etc/default/locale")
SYSTEMD_FILES = ("/etc/default/locale", "/etc/locale.conf")
SECRETS = "EnvironmentFile"
CRON_PATH = "/usr/bin:/bin"


class Inherited(Struct, frozen=True):
    """The variables that attempts may inherit from, and where they were found."""

    variables: Mapping[str, str]
    source: str


def inherited(
    state: State, tickers: Sequence[Ticker], host: Host, environ: Mapping[str, str]
) -> Inherited:
    """What attempts that begin now inherit from.

    1. The supervisor that is awake; 2. the first thing that ticks, which will start one;
    3. where neither is to be seen, whoever asks.
    """
    pid = holder(state.lock)
    found = environment(birth_of(pid)) if pid and status(pid) else None
    if found:
        return Inherited(found, f"supervisor, process {pid}")
    if tickers:
        first = tickers[0]
        return Inherited(scrubbed(of_ticker(first, host)), first.told)
    return Inherited(scrubbed(environ), "your shell: nothing ticks yet")


def of_ticker(ticker: Ticker, host: Host) -> dict[str, str]:
    """The variables that it sets, and what it starts has with it."""
    if ticker.unit is not None:
        files = [file.removeprefix("-") for file in ticker.unit.values("Service", SECRETS)]
        own = ticker.unit.environment()
        return {**_declared(SYSTEMD_FILES, host), **own, **_declared(files, host)}
    return {"PATH": CRON_PATH, **_declared(CRON_FILES, host), **ticker.variables}


def _declared(files: Sequence[str], host: Host) -> dict[str, str]:
    """What files of NAME=VALUE lines say, quotes taken away."""
    lines = [line for file in files for line in (host.text(file) or "").splitlines()]
    pairs = [line.removeprefix("export ").partition("=") for line in lines if "=" in line]
    return {
        name.strip(): _bare(value)
        for name, _, value in pairs
        if name.strip() and not name.lstrip().startswith("#")
    }


def _bare(value: str) -> str:
    try:
        return "".join(shlex.split(value)[:1])
    except ValueError:  # a quote that is not closed
        return value.strip()
