"""systemd as the ticker: a timer, the service that it starts, and one for the supervisor."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from jobrunner.clock import Clock
from jobrunner.engine.install.call import call
from jobrunner.engine.install.order import Order, Page
from jobrunner.engine.install.paper import Standing, remove, standing, write
from jobrunner.engine.install.place import Places
from jobrunner.engine.install.rival import present
from jobrunner.engine.install.share import share
from jobrunner.engine.ticker import Ticker
from jobrunner.errors import ForbiddenError, JobrunnerError
from jobrunner.formats.pageunit import Paging, page_unit
from jobrunner.formats.seal import sealed
from jobrunner.formats.unit import Ticking, units

TIMER = ".timer"
PAGE = "-serve.service"
ENABLED = (TIMER, ".path", PAGE)
TURNS = 50
PACE = 0.1  # seconds
TICKED = ("ExecMainStartTimestampMonotonic", "ExecMainExitTimestampMonotonic")


class Wrote(Struct, frozen=True, kw_only=True):
    """The timer, and the units that are new; none if nothing was to be done.

    `kept` are those that somebody changed, `trouble` is why one that was there does not tick.
    """

    timer: str
    units: Sequence[str] = ()
    kept: Sequence[str] = ()
    trouble: str = ""
    is_lingering: bool = True


class Removed(Struct, frozen=True, kw_only=True):
    """What is gone, and what stays because somebody changed it."""

    timer: str
    units: Sequence[str] = ()
    kept: Sequence[str] = ()


def planned(order: Order, places: Places) -> dict[str, str]:
    """What would be written: texts by path."""
    ticking = Ticking(
        name=order.name,
        tick=order.tick,
        supervise=order.supervise,
        config=order.config,
        state=order.state.folder,
        user=order.user if order.is_host else "",
        environ=order.environ,
        secrets=order.secrets,
        state_directory=order.state_directory,
    )
    folder = _folder(order, places)
    texts = units(ticking) | (page_unit(_paging(order, order.page)) if order.page else {})
    return {f"{folder}/{name}": sealed(text) for name, text in texts.items()}


def _paging(order: Order, page: Page) -> Paging:
    program = order.program
    return Paging(
        name=order.name,
        serve=order.serve,
        config=order.config,
        state=order.state.folder,
        user=page.user if order.is_host else "",
        environ=order.environ,
        secrets=order.secrets,
        writes=page.writes,
        reads=(program.words[0], os.path.realpath(program.interpreter), program.prefix),
    )


def is_served(order: Order, places: Places) -> bool:
    """Whether there is a service for the page already."""
    return os.path.lexists(f"{_folder(order, places)}/{order.name}{PAGE}")


def commands(order: Order, places: Places) -> list[list[str]]:
    """What would be run after that."""
    systemctl = _systemctl(order, places)
    return [[*systemctl, "daemon-reload"], [*systemctl, "enable", "--now", *enabled(order, places)]]


def enabled(order: Order, places: Places) -> list[str]:
    """Those that wait for something to happen, and the page."""
    names = (path.rpartition("/")[2] for path in planned(order, places))
    return [name for name in names if name.endswith(ENABLED)]


def install(order: Order, places: Places, tickers: Iterable[Ticker]) -> Wrote:
    """Have systemd tick; BusyError if something else does already.  All or nothing is done."""
    wanted = planned(order, places)
    folder = _folder(order, places)
    here = present(tickers, order, lambda each: _is_ours(each, folder, order))
    stands = {path: standing(path, text) for path, text in wanted.items()}
    kept = [path for path, found in stands.items() if found is Standing.CHANGED] if here else []
    new = write({path: text for path, text in wanted.items() if path not in kept}, order.asker)
    is_lingering = order.is_host or Path(places.linger, order.user).exists()
    if not new and not (here and here.trouble):
        return Wrote(timer=timer(order), kept=kept, is_lingering=is_lingering)
    try:
        if order.page and order.page.uid != order.uid:
            share(order.state, order.page.uid)
        for words in commands(order, places):
            _run(words)
    except BaseException:
        if not here:
            remove(new)
            call(commands(order, places)[0])
        raise
    return Wrote(timer=timer(order), units=new, kept=kept, is_lingering=is_lingering)


def uninstall(order: Order, places: Places) -> Removed | None:
    """Undo it; None if there is nothing to undo.  Jobs that run go on."""
    paths = planned(order, places)
    stands = {path: standing(path) for path in paths}
    there = [path for path, found in stands.items() if found is not Standing.ABSENT]
    if not there:
        return None
    _check_root(order)
    systemctl = _systemctl(order, places)
    is_running = is_manager_there(places)
    if is_running:
        names = [path.rpartition("/")[2] for path in there]
        known = [name for name in enabled(order, places) if name in names]
        if known:
            _run([*systemctl, "disable", "--now", *known])
    gone = [path for path in there if stands[path] is Standing.OLDER]
    remove(gone)
    if is_running:
        _run([*systemctl, "daemon-reload"])
    if not order.is_host:
        _remove_empty(_folder(order, places))
    kept = [path for path in there if path not in gone]
    kept += [f"{path}.d" for path in there if Path(f"{path}.d").exists()]
    return Removed(timer=timer(order), units=gone, kept=kept)


def check_rights(order: Order, places: Places) -> None:
    """Refuse where there is no systemd, and who may not write its units: asked before `install`."""
    _check_root(order)
    if not is_manager_there(places):
        raise JobrunnerError(
            "systemd does not run on this host.\n"
            "With cron: jobrunner install cron   In a container: jobrunner loop"
        )


def timer(order: Order) -> str:
    return f"{order.name}{TIMER}"


def duration(order: Order, places: Places, clock: Clock) -> float | None:
    """How many seconds the last tick took, as systemd has seen it; it may be just ending."""
    for _ in range(TURNS):
        took = _took(order, places)
        if took is not None:
            return took
        clock.sleep(PACE)
    return None


def _took(order: Order, places: Places) -> float | None:
    properties = [word for name in TICKED for word in ("-p", name)]
    said = call([*_systemctl(order, places), "show", f"{order.name}.service", *properties])
    found = dict(line.partition("=")[::2] for line in said.out.decode().splitlines())
    began, ended = (int(found.get(name) or 0) for name in TICKED)
    return (ended - began) / 1e6 if 0 < began <= ended else None


def is_manager_there(places: Places) -> bool:
    return Path(places.manager).is_dir()


def _check_root(order: Order) -> None:
    if order.is_host and order.asker:
        raise ForbiddenError(
            "the units of the host are root's.\n"
            "As root: sudo jobrunner install systemd   Your own: jobrunner install systemd --user"
        )


def _run(words: Sequence[str]) -> None:
    said = call(words)
    if said.code:
        raise JobrunnerError(f"{' '.join(words)}: {said.complaint}.\nNothing was installed.")


def _systemctl(order: Order, places: Places) -> list[str]:
    return [places.systemctl] if order.is_host else [places.systemctl, "--user"]


def _folder(order: Order, places: Places) -> str:
    return places.units if order.is_host else f"{order.home}/{places.own_units}"


def _is_ours(ticker: Ticker, folder: str, order: Order) -> bool:
    return ticker.kind == "timer" and ticker.place == f"{folder}/{timer(order)}"


def _remove_empty(folder: str) -> None:
    """The user's folder of units, what `enable` made in it, and no more."""
    for path in (f"{folder}/timers.target.wants", f"{folder}/default.target.wants", folder):
        with suppress(OSError):
            os.rmdir(path)  # noqa: PTH106 - paths are strings here
