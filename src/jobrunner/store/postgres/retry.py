"""Trying again when two waited for one another: the server undid all of what one of them did."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from jobrunner.errors import StoreRivalError
from jobrunner.store.ledger import Ledger

TRIES = 5
P = ParamSpec("P")
T = TypeVar("T")


S = TypeVar("S", bound=Ledger)


def persistent(act: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """The same change, made again if a rival had its way: as part of another it is not ours to."""

    @wraps(act)
    def insist(store: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(TRIES):
            try:
                return act(store, *args, **kwargs)
            except StoreRivalError:
                if store.is_within:
                    raise
        return act(store, *args, **kwargs)

    return insist
