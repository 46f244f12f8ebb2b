"""The conformance suite: what base.py promises, asked of a store by a subclass with fixtures."""

from tests.store.promise.access import AccessContract
from tests.store.promise.claim import ClaimContract
from tests.store.promise.history import HistoryContract
from tests.store.promise.life import LifeContract
from tests.store.promise.order import OrderContract
from tests.store.promise.outbox import OutboxContract
from tests.store.promise.outline import OutlineContract
from tests.store.promise.prune import PruneContract
from tests.store.promise.tick import TickContract


class StoreContract(
    ClaimContract,
    LifeContract,
    OrderContract,
    HistoryContract,
    TickContract,
    PruneContract,
    OutboxContract,
    OutlineContract,
    AccessContract,
):
    """Everything a store promises.

    A subclass has three fixtures: `store` is an empty one, `open_store` opens that one once more,
    and `new_store` opens a new one for the length of a block.
    """
