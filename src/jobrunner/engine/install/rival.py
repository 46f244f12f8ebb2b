"""That one jobs.toml has one ticker: what ticks for it already, and whether that is in the way."""

from collections.abc import Callable, Iterable

from jobrunner.config.spelling import shown
from jobrunner.engine.install.order import Order
from jobrunner.engine.ticker import Ticker, seeing_to
from jobrunner.errors import BusyError


def present(
    tickers: Iterable[Ticker], order: Order, is_ours: Callable[[Ticker], bool]
) -> Ticker | None:
    """The one that is to be installed, if it is there; BusyError if there is another one."""
    found = seeing_to(tickers, order.config)
    other = next((each for each in found if not is_ours(each)), None)
    if other:
        raise BusyError(
            f"{shown(other.told)} sees to {shown(order.config)} already. Keep one of the two:\n"
            f"To have this one instead, first: {other.removal}"
        )
    return next(iter(found), None)
