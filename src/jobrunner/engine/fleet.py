"""Whether many hosts share a ledger: then there is more to ask it than one host's is asked."""

from jobrunner.errors import UnusableError
from jobrunner.model.run import Run
from jobrunner.store.base import Store
from jobrunner.store.fleet import Claimed, Fleet

ALONE = (
    "this ledger is one host's alone: there is no other that could take over.\n"
    'Many hosts share one where [settings] names it: store_env = "JOBRUNNER_STORE"'
)


def shared(store: Store) -> Fleet | None:
    """The ledger as one that many hosts share; None for one host's own."""
    return store if isinstance(store, Fleet) else None


def claim_of(store: Store, run: Run) -> Claimed | None:
    """Who took the slot of a run, and when; None where no other could have."""
    fleet = shared(store)
    return fleet.claimed([run.id]).get(run.id) if fleet else None


def fleet_of(store: Store) -> Fleet:
    """The same where nothing else will do."""
    found = shared(store)
    if found is None:
        raise UnusableError(ALONE)
    return found
