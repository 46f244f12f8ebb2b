"""How a supervisor becomes one of many: what it is given when its ledger is shared."""

from jobrunner.clock import Clock
from jobrunner.engine.cluster.clock import SharedClock
from jobrunner.engine.cluster.fellows import Fellows
from jobrunner.engine.company import Company
from jobrunner.engine.crew import Crew
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.post import Post
from jobrunner.engine.supervisor import Join
from jobrunner.store.fleet import Fleet


def clock(own: Clock, fleet: Fleet) -> Clock:
    """The time that all hosts go by, measured before anything is planned by it."""
    found = SharedClock(own)
    found.measure(fleet)
    return found


def joining(fleet: Fleet, *, is_ticker: bool) -> Join:
    """What makes the company of a supervisor."""

    def join(post: Post, crew: Crew, lobby: Lobby) -> Company:
        return Fellows(post, fleet, crew, lobby, is_ticker=is_ticker)

    return join
