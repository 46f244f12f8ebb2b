"""The ledger over any database: each promise of the contract in one transaction."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from jobrunner.clock import Clock
from jobrunner.model.breaker import Breaker
from jobrunner.model.decision import Look
from jobrunner.model.letter import Heed, Letter
from jobrunner.model.pause import Pause
from jobrunner.model.run import Attempt, Run, State
from jobrunner.store import (
    claim,
    figure,
    history,
    life,
    order,
    outbox,
    outline,
    prune,
    tick,
)
from jobrunner.store.base import Store
from jobrunner.store.dispatch import Dispatch, Nowhere
from jobrunner.store.doorkeeper import Doorkeeper
from jobrunner.store.move import note
from jobrunner.store.value import (
    Brief,
    ChannelFigures,
    DayTally,
    EndedAt,
    Ending,
    Gap,
    Gist,
    GivenUp,
    Health,
    Launch,
    LetterFilter,
    Mark,
    Missed,
    NewRun,
    Parcel,
    Posted,
    Pruned,
    Report,
    Request,
    Retention,
    RunFilter,
    Statistics,
    Streak,
    Stretch,
    Subjects,
    Took,
    Totals,
    Usual,
)


class Ledger(Doorkeeper, Store):
    """The contract of base.py, kept with the help of a connection."""

    dispatch: Dispatch = Nowhere()

    @property
    def is_within(self) -> bool:
        """Whether what is changed now is only a part of a larger change."""
        return False

    def refuse_moved(self, name: str) -> None:
        """Refuse to be used where another ledger has taken over, or is not whole yet."""
        with self._connection.reading() as session:
            note.refuse(session, name)

    def marks(self, due: datetime | None = None) -> dict[tuple[str, str], Mark]:
        with self._connection.reading() as session:
            return claim.marks(session, due)

    def next_slot(self, place: str | None = None) -> datetime | None:
        with self._connection.reading() as session:
            return claim.next_slot(session, place)

    def wake_at(self) -> datetime | None:
        with self._connection.reading() as session:
            return claim.wake_at(session)

    def claim(
        self,
        looks: Iterable[Look],
        *,
        owner: str,
        host: str,
        now: datetime,
        report: Report | None = None,
    ) -> list[Run]:
        return claim.claim(
            self._connection, looks, self.dispatch, owner=owner, host=host, now=now, report=report
        )

    def add(self, run: NewRun, *, owner: str, host: str, now: datetime) -> Run | None:
        with self._connection.writing() as session:
            return claim.add(session, run, self.dispatch, owner=owner, host=host, now=now)

    def remember(self, definitions: Mapping[str, str], now: datetime) -> None:
        with self._connection.writing() as session:
            claim.remember(session, definitions, now)

    def start(
        self, launches: Sequence[Launch], *, owner: str, host: str, now: datetime
    ) -> list[Run]:
        with self._connection.writing() as session:
            return life.start(session, launches, owner=owner, host=host, now=now)

    def finish(self, endings: Sequence[Ending], *, owner: str) -> dict[int, Streak]:
        with self._connection.writing() as session:
            return life.finish(session, endings, self.dispatch, owner=owner)

    def withdraw(
        self,
        run: int,
        state: State,
        reason: str,
        *,
        owner: str,
        now: datetime,
        heed: Heed | None = None,
    ) -> Streak | None:
        with self._connection.writing() as session:
            return life.withdraw(
                session, run, state, reason, self.dispatch, owner=owner, now=now, heed=heed
            )

    def adopt(self, old: str, new: str) -> list[Run]:
        with self._connection.writing() as session:
            return life.adopt(session, old, new)

    def owners(self) -> set[str]:
        with self._connection.reading() as session:
            return life.owners(session)

    def live(self, owner: str | None = None) -> list[Run]:
        with self._connection.reading() as session:
            return history.live(session, owner)

    def ask(self, request: Request) -> int:
        with self._connection.writing() as session:
            return order.ask(session, request, self.dispatch)

    def ask_all(self, requests: Sequence[Request]) -> list[int]:
        with self._connection.writing() as session:
            return [order.ask(session, request, self.dispatch) for request in requests]

    def take(self, *, owner: str, host: str, now: datetime) -> list[Request]:
        with self._connection.writing() as session:
            return order.take(session, owner=owner, host=host, now=now)

    def answer(self, request: int, *, owner: str, done: bool, answer: str, now: datetime) -> bool:
        with self._connection.writing() as session:
            return order.answer(session, request, owner=owner, done=done, answer=answer, now=now)

    def request(self, request: int) -> Request | None:
        with self._connection.reading() as session:
            return order.request(session, request)

    def asked(self, job: str) -> list[Request]:
        with self._connection.reading() as session:
            return order.asked(session, job)

    def pause(self, job: str, pause: Pause | None) -> None:
        with self._connection.writing() as session:
            order.pause(session, job, pause)

    def health(self) -> dict[str, Health]:
        with self._connection.reading() as session:
            return order.health(session)

    def breakers(self) -> dict[str, Breaker]:
        with self._connection.reading() as session:
            return order.breakers(session)

    def move_breaker(self, before: Breaker, after: Breaker, letters: Iterable[Letter] = ()) -> bool:
        with self._connection.writing() as session:
            return order.move_breaker(session, before, after, letters)

    def tell(self, subject: str, heed: Heed) -> None:
        with self._connection.writing() as session:
            outbox.tell(session, [(subject, heed)])

    def next_letters(self) -> dict[str, datetime]:
        with self._connection.reading() as session:
            return outbox.next_letters(session)

    def unsorted(self, channel: str, count: int) -> list[Letter]:
        with self._connection.reading() as session:
            return outbox.unsorted(session, channel, count)

    def sent(self, channel: str, since: datetime) -> dict[tuple[str, str], datetime]:
        with self._connection.reading() as session:
            return outbox.sent(session, channel, since)

    def pack(self, parcels: Sequence[Sequence[int]], now: datetime) -> None:
        with self._connection.writing() as session:
            outbox.pack(session, parcels, now)

    def hold(self, channel: str, until: datetime) -> None:
        with self._connection.writing() as session:
            outbox.hold(session, channel, until)

    def parcels(self, channel: str) -> list[Parcel]:
        with self._connection.reading() as session:
            return outbox.parcels(session, channel)

    def delivered(self, channel: str, parcel: int, now: datetime) -> None:
        with self._connection.writing() as session:
            outbox.delivered(session, channel, parcel, now)

    def undelivered(
        self, channel: str, parcel: int, error: str, *, now: datetime, again_at: datetime | None
    ) -> None:
        with self._connection.writing() as session:
            outbox.undelivered(session, channel, parcel, error, now=now, again_at=again_at)

    def abandon(self, channel: str, error: str, now: datetime) -> None:
        with self._connection.writing() as session:
            outbox.abandon(session, channel, error, now)

    def forget(self, channel: str) -> None:
        with self._connection.writing() as session:
            outbox.forget(session, channel)

    def channel_figures(self) -> dict[str, ChannelFigures]:
        with self._connection.reading() as session:
            return outbox.figures(session)

    def letters(self, wanted: LetterFilter) -> list[Posted]:
        with self._connection.reading() as session:
            return outbox.letters(session, wanted)

    def given_up(self, channels: Iterable[str], since: datetime) -> dict[str, GivenUp]:
        with self._connection.reading() as session:
            return outbox.given_up(session, channels, since)

    def run(self, run: int) -> Run | None:
        with self._connection.reading() as session:
            return history.run(session, run)

    def attempts(self, run: int) -> list[Attempt]:
        with self._connection.reading() as session:
            return history.attempts(session, run)

    def runs(self, wanted: RunFilter) -> list[Run]:
        with self._connection.reading() as session:
            return history.runs(session, wanted)

    def last_successes(self, jobs: Iterable[str]) -> dict[str, datetime]:
        with self._connection.reading() as session:
            return history.last_successes(session, jobs)

    def latest(self, jobs: Iterable[str], count: int = 1) -> dict[str, list[Run]]:
        with self._connection.reading() as session:
            return history.latest(session, jobs, count)

    def executions(self, job: str, *, skip: int, limit: int) -> tuple[int, list[Run]]:
        with self._connection.reading() as session:
            return history.executions(session, job, skip, limit)

    def statistics(
        self, since: datetime, job: Subjects = None, *, usual: bool = True
    ) -> list[Statistics]:
        with self._connection.reading() as session:
            return figure.statistics(session, since, job, usual=usual)

    def totals(self) -> dict[str, Totals]:
        with self._connection.reading() as session:
            return figure.totals(session)

    def days(self, since: datetime, job: Subjects = None) -> dict[str, list[Took]]:
        with self._connection.reading() as session:
            return figure.days(session, since, job)

    def successes(self, since: datetime, job: Subjects = None) -> dict[str, list[Took]]:
        with self._connection.reading() as session:
            return figure.successes(session, since, job)

    def successful(self, since: datetime) -> dict[str, int]:
        with self._connection.reading() as session:
            return figure.successful(session, since)

    def definition(self, fingerprint: str) -> str | None:
        with self._connection.reading() as session:
            return history.definition(session, fingerprint)

    def briefs(self, jobs: Iterable[str], count: int) -> dict[str, list[Brief]]:
        with self._connection.reading() as session:
            return outline.briefs(session, jobs, count)

    def gists(self, jobs: Iterable[str], count: int) -> dict[str, list[Gist]]:
        with self._connection.reading() as session:
            return outline.gists(session, jobs, count)

    def stretches(
        self, jobs: Iterable[str], since: datetime, until: datetime, step: timedelta
    ) -> dict[str, list[Stretch]]:
        with self._connection.reading() as session:
            return outline.stretches(session, jobs, since, until, step)

    def usual(self, jobs: Iterable[str], since: datetime, until: datetime) -> dict[str, Usual]:
        with self._connection.reading() as session:
            return outline.usual(session, jobs, since, until)

    def tally(self, since: datetime, jobs: Collection[str] | None = None) -> dict[State, int]:
        with self._connection.reading() as session:
            return outline.tally(session, since, jobs)

    def tally_by_day(self, first: date, last: date, jobs: Iterable[str]) -> list[DayTally]:
        with self._connection.reading() as session:
            return outline.tally_by_day(session, first, last, jobs)

    def troubles_by_day(self, first: date, last: date) -> list[DayTally]:
        with self._connection.reading() as session:
            return outline.troubles_by_day(session, first, last)

    def sums_by_day(
        self, first: date, last: date, jobs: Iterable[str] | None = None
    ) -> dict[date, dict[State, int]]:
        with self._connection.reading() as session:
            return outline.sums_by_day(session, first, last, jobs)

    def tally_of_job(self, job: str, first: date, last: date) -> list[DayTally]:
        with self._connection.reading() as session:
            return outline.tally_of_job(session, job, first, last)

    def ended(
        self, since: datetime, until: datetime, most: int, job: str | None = None
    ) -> list[EndedAt]:
        with self._connection.reading() as session:
            return outline.ended(session, since, until, most, job)

    def lately(self, since: datetime, jobs: Collection[str] | None = None) -> dict[State, int]:
        with self._connection.reading() as session:
            return outline.lately(session, since, jobs)

    def missed(self, since: datetime) -> dict[str, Missed]:
        with self._connection.reading() as session:
            return outline.missed(session, since)

    def pulse(self) -> str:
        with self._connection.reading() as session:
            return outline.pulse(session)

    def note_tick(self, host: str, now: datetime, longest: timedelta) -> None:
        with self._connection.writing() as session:
            tick.note(session, host, now, longest)

    def gaps(self, since: datetime, until: datetime, longest: timedelta) -> list[Gap]:
        with self._connection.reading() as session:
            return tick.gaps(session, since, until, longest)

    def prune(self, keep: Retention, now: datetime, clock: Clock) -> Iterator[Pruned]:
        return prune.prune(self._connection, keep, now, clock)

    def prunable(self, keep: Retention, now: datetime) -> int:
        return prune.prunable(self._connection, keep, now)

    def checkpoint(self) -> bool:
        return self._connection.checkpoint()

    def close(self) -> None:
        self._connection.close()
