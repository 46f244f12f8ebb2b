"""What becomes of runs beside their rows, in the same transaction: where hosts share a ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from jobrunner.model.decision import Route
from jobrunner.model.run import Run
from jobrunner.store.session import Session
from jobrunner.store.value import Overlap


class Delivery(Struct, frozen=True):
    """A run that waits for whichever host on its route takes it.

    `overlap` is what whoever asked for it wants instead of the job's.
    """

    run: Run
    route: Route
    overlap: Overlap = ""


class Dispatch(Protocol):
    """Is told of every run that begins to wait, waits again, or waits no more."""

    def queue(self, session: Session, deliveries: Sequence[Delivery], *, host: str) -> None:
        """These runs wait for a host since this one has taken their slots."""

    def again(self, session: Session, retries: Sequence[tuple[int, datetime]]) -> None:
        """These runs are to have another attempt then; of any host, if they came by a route."""

    def hold(self, session: Session, runs: Sequence[int]) -> None:
        """These runs are to be changed now: nobody takes one meanwhile, or waits the other way."""

    def over(self, session: Session, runs: Sequence[int]) -> None:
        """These runs are over."""

    def asked(self, session: Session) -> None:
        """Somebody asks for something."""


class Nowhere:
    """A ledger of one host: what waits is its own."""

    def queue(self, session: Session, deliveries: Sequence[Delivery], *, host: str) -> None:
        pass

    def again(self, session: Session, retries: Sequence[tuple[int, datetime]]) -> None:
        pass

    def hold(self, session: Session, runs: Sequence[int]) -> None:
        pass

    def over(self, session: Session, runs: Sequence[int]) -> None:
        pass

    def asked(self, session: Session) -> None:
        pass
