"""How runs come to hosts: through the queue of Procrastinate, by its own functions.

Each step is part of the transaction that changes the run.  Nobody else knows Procrastinate: its
jobs are parcels here, one for each run that waits for a host or is on one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jobrunner.model.decision import Route
from jobrunner.model.run import Run
from jobrunner.policy.placement import queue as queue_of
from jobrunner.store import row
from jobrunner.store.dispatch import Delivery
from jobrunner.store.fleet import Claimed, Queued, Taken, Untaken
from jobrunner.store.postgres.sql import delivery as sql
from jobrunner.store.session import Session

HEALED_AT_ONCE = 500


class Parcels:
    """The dispatch of a shared ledger."""

    def queue(self, session: Session, deliveries: Sequence[Delivery], *, host: str) -> None:
        """Defer a parcel for each of these, and note who took their slots."""
        runs = [each.run.id for each in deliveries]
        session.change(sql.CLAIMED, {"runs": runs, "host": host})
        values = {
            "runs": runs,
            "routes": [each.route.text for each in deliveries],
            "priorities": [each.route.priority for each in deliveries],
            "overlaps": [each.overlap for each in deliveries],
        }
        session.change(sql.ADDRESS, values)
        _defer(session, [(each.run.id, each.run.next_attempt_at) for each in deliveries])

    def again(self, session: Session, retries: Sequence[tuple[int, datetime]]) -> None:
        """Defer a new parcel for each of those that came by a route, in the place of the last."""
        if not retries:
            return
        at = dict(retries)
        runs = [run for (run,) in session.rows(sql.RELEASE, {"runs": [*at]})]
        if runs:
            session.rows(sql.END_PARCELS, {"runs": runs})
            _defer(session, [(run, at[run]) for run in runs])

    def hold(self, session: Session, runs: Sequence[int]) -> None:
        """Have the parcels first and then the runs, as who fetches them has."""
        session.rows(sql.HOLD, {"runs": [*runs]})

    def over(self, session: Session, runs: Sequence[int]) -> None:
        """End the parcels of these."""
        if runs:
            session.rows(sql.END_PARCELS, {"runs": [*runs]})
            session.change(sql.FORGET, {"runs": [*runs]})

    def asked(self, session: Session) -> None:
        """Ring at every host: one of them is meant."""
        session.rows(sql.RING)


def _defer(session: Session, waiting: Sequence[tuple[int, datetime | None]]) -> None:
    """Put runs that have an address into the queue, each to be had from its time on."""
    addresses: dict[int, tuple[str, int]] = {
        run: (route, priority)
        for run, route, priority in session.rows(
            sql.ADDRESSES, {"runs": [run for run, _ in waiting]}
        )
    }
    values = {
        "runs": [run for run, _ in waiting],
        "queues": [queue_of(addresses[run][0]) for run, _ in waiting],
        "priorities": [addresses[run][1] for run, _ in waiting],
        "ats": [row.micros_or_none(at) for _, at in waiting],
    }
    parcels = session.rows(sql.DEFER, values)[0][0]
    session.change(sql.SEND, {"runs": values["runs"], "parcels": parcels})


def take_runs(
    session: Session, routes: Sequence[str], most: int, *, owner: str, host: str, worker: int
) -> list[Taken]:
    """Fetch parcels while there are any; one whose run waits no more is ended at once."""
    queues = [queue_of(route) for route in routes]
    fetched = session.rows(sql.FETCH, {"queues": queues, "worker": worker, "most": most})
    parcels = {run: parcel for parcel, run in fetched if parcel is not None}
    if not parcels:
        return []
    values = {"runs": [*parcels], "owner": owner, "host": host}
    taken = {found[0]: row.run(found) for found in session.rows(sql.TAKE, values)}
    if strays := [parcel for run, parcel in parcels.items() if run not in taken]:
        session.rows(sql.END_STRAYS, {"parcels": strays})
    overlaps: dict[int, Any] = dict(session.rows(sql.OVERLAPS, {"runs": [*taken]}))
    return [Taken(taken[run], overlaps.get(run, "")) for run in parcels if run in taken]


def queued(session: Session, routes: Sequence[str]) -> Queued:
    queues = [queue_of(route) for route in routes]
    count, next_at = session.rows(sql.QUEUED, {"queues": queues})[0]
    return Queued(count, row.instant_or_none(next_at))


def running_elsewhere(session: Session, jobs: Sequence[str], owner: str) -> list[Run]:
    found = session.rows(sql.ELSEWHERE, {"jobs": [*jobs], "owner": owner})
    return [row.run(values) for values in found]


def let_go(session: Session, run: int, *, owner: str, not_before: datetime | None = None) -> bool:
    """Give a waiting run back to the queue; it is to be had at its next attempt, or then."""
    session.rows(sql.HOLD, {"runs": [run]})
    found = session.rows(sql.LET_GO, {"run": run, "owner": owner})
    if not found:
        return False
    session.rows(sql.END_PARCELS, {"runs": [run]})
    _defer(session, [(run, not_before or row.instant_or_none(found[0][0]))])
    return True


def untaken(session: Session, most: int, after: int) -> list[Untaken]:
    return [
        Untaken(run, job, Route(route, priority), row.instant(at))
        for run, job, route, priority, at in session.rows(
            sql.UNTAKEN, {"most": most, "after": after}
        )
    ]


def reroute(session: Session, run: int, route: Route) -> None:
    """Send what nobody has taken another way."""
    session.rows(sql.HOLD, {"runs": [run]})
    found = session.rows(sql.UNTAKEN_RUN, {"run": run})
    if found:
        values = {"run": run, "route": route.text, "priority": route.priority}
        session.change(sql.REROUTE, values)
        session.rows(sql.END_PARCELS, {"runs": [run]})
        _defer(session, [(run, row.instant_or_none(found[0][0]))])


def heal(session: Session) -> int:
    """Mend what another program, or an operator, did to the queue: of many healers one does.

    1. A run that waits for any host without a parcel that waits gets a new one.
    2. A parcel whose run is over, or gone, is ended.
    """
    if not session.rows(sql.HEAL_ALONE)[0][0]:
        return 0
    found = session.rows(sql.UNSENT, {"most": HEALED_AT_ONCE})
    waiting = [(run, row.instant_or_none(at)) for run, at in found]
    if waiting:
        runs = [run for run, _ in waiting]
        session.rows(sql.END_PARCELS, {"runs": runs})
        session.change(sql.ADDRESS_ANEW, {"runs": runs})
        _defer(session, waiting)
    strays = session.rows(sql.END_FORGOTTEN, {"most": HEALED_AT_ONCE})
    return len(waiting) + len(strays)


def claimed(session: Session, runs: Sequence[int]) -> dict[int, Claimed]:
    found = session.rows(sql.CLAIMS, {"runs": [*runs]})
    return {run: Claimed(host, row.instant(at)) for run, host, at in found}
