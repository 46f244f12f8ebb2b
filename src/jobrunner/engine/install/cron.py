"""Cron as the ticker: a file of /etc/cron.d for the host, a line in the crontab for a user."""

import shutil
from collections.abc import Iterable

from msgspec import Struct

from jobrunner.engine.install.crontab import Copy, read
from jobrunner.engine.install.crontab import write as write_crontab
from jobrunner.engine.install.order import SYSTEM, Order
from jobrunner.engine.install.paper import Standing, remove, standing, write
from jobrunner.engine.install.place import Places
from jobrunner.engine.install.rival import present
from jobrunner.engine.ticker import Ticker
from jobrunner.errors import BusyError
from jobrunner.formats.cronline import (
    ENV,
    RETIRED,
    cron_line,
    is_ticking,
    with_line,
    without_line,
)
from jobrunner.formats.seal import sealed


class Lined(Struct, frozen=True, kw_only=True):
    """The line of cron, where it stands ('' for the user's crontab), how many lines are beside it.

    `is_new` is False if it was there already; `trouble` is why cron does not go by one that was.
    `revived` is the line above it that had no end, so that cron has not read it until now.
    """

    line: str
    path: str
    others: int = 0
    is_new: bool = True
    trouble: str = ""
    revived: str = ""


class Unlined(Struct, frozen=True, kw_only=True):
    """What was taken away; `kept` is a line or file that somebody changed, and so stays."""

    path: str = ""
    kept: str = ""
    is_as_before: bool = False
    is_ended: bool = False  # the last line, which had no end before
    retired: int = 0  # lines that jobs have taken the place of, which run nowhere now


def line_of(order: Order) -> Lined:
    """What would be written, and where."""
    path = f"{{}}/{order.name}" if _is_system(order) else ""
    assigned = [f"{name}={value}" for name, value in order.environ.items()]
    words = [ENV, *assigned, *order.tick] if assigned else order.tick
    return Lined(line=cron_line(words, order.user if path else ""), path=path)


def install(order: Order, places: Places, tickers: Iterable[Ticker]) -> Lined:
    """Have cron tick; BusyError if something else does already."""
    wanted = planned(order, places)
    here = present(tickers, order, lambda each: _is_ours(each, order, wanted))
    if wanted.path:
        return _install_file(order, wanted, here)
    if here:
        return Lined(line=here.command, path="", is_new=False, trouble=here.trouble)
    old = read(places.crontab)
    before = old or b""
    Copy(order.state.folder).keep(old)
    write_crontab(places.crontab, old, with_line(before, wanted.line))
    last = b"" if before.endswith(b"\n") else before.rpartition(b"\n")[2]
    return Lined(
        line=wanted.line,
        path="",
        others=len(before.splitlines()),
        revived=last.decode(errors="replace"),
    )


def planned(order: Order, places: Places) -> Lined:
    """What would be written, and where on this host."""
    wanted = line_of(order)
    return Lined(line=wanted.line, path=wanted.path.format(places.cron_d))


def uninstall(order: Order, places: Places, tickers: Iterable[Ticker]) -> Unlined | None:
    """Undo it; None if there is nothing to undo."""
    wanted = planned(order, places)
    if wanted.path and (gone := _uninstall_file(wanted.path)):
        return gone
    now = read(places.crontab) if shutil.which(places.crontab) else None
    if now is None:
        return None
    line = _line_in(now, order.config)
    if line is None:
        return _kept(order, wanted, tickers)
    copy = Copy(order.state.folder)
    before = copy.read()
    is_as_before = now == with_line(before or b"", line)
    then = before if is_as_before else without_line(now, line) or None
    is_ended = then is not None and then[-1:] not in {b"", b"\n"}
    # Debian's crontab takes none whose last line has no end, whatever it was before.
    write_crontab(places.crontab, now, then + b"\n" if then and is_ended else then)
    copy.drop()
    retired = sum(line.startswith(RETIRED) for line in (then or b"").splitlines())
    is_same = is_as_before and not is_ended
    return Unlined(is_as_before=is_same, is_ended=is_ended, retired=retired)


def text_of(lined: Lined) -> str:
    """The content of a file of /etc/cron.d."""
    return sealed(lined.line + "\n")


def _line_in(crontab: bytes, config: str) -> str | None:
    """The line that install put there, whichever jobrunner did it."""
    texts = (line.decode(errors="replace") for line in crontab.splitlines())
    return next((text for text in texts if is_ticking(text, config)), None)


def _install_file(order: Order, wanted: Lined, here: Ticker | None) -> Lined:
    text = text_of(wanted)
    if here and standing(wanted.path, text) is Standing.CHANGED:
        return Lined(line=here.command, path=wanted.path, is_new=False, trouble=here.trouble)
    is_new = bool(write({wanted.path: text}, order.asker))
    return Lined(line=wanted.line, path=wanted.path, is_new=is_new)


def _uninstall_file(path: str) -> Unlined | None:
    match standing(path):
        case Standing.ABSENT:
            return None
        case Standing.CHANGED:
            return Unlined(kept=path)
    remove([path])
    return Unlined(path=path, is_as_before=True)


def _kept(order: Order, wanted: Lined, tickers: Iterable[Ticker]) -> Unlined | None:
    """A line for this jobs.toml that is another one than we write."""
    try:
        found = present(tickers, order, lambda each: _is_ours(each, order, wanted))
    except BusyError:  # another ticker is another one's to take away
        return None
    return Unlined(kept=found.command) if found else None


def _is_ours(ticker: Ticker, order: Order, wanted: Lined) -> bool:
    if ticker.kind != "cron":
        return False
    if wanted.path:
        return ticker.place == wanted.path
    return not ticker.place.startswith("/etc/") and ticker.user == order.user


def _is_system(order: Order) -> bool:
    return order.is_host and (order.uid != 0 or order.config.startswith(f"{SYSTEM}/"))
