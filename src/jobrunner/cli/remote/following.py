"""Follows a run of the other host: its stream as events, over lines that break and come again."""

from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from jobrunner.cli.remote.line import Line, LineError
from jobrunner.cli.remote.past import Past, attempt_of, run_of
from jobrunner.cli.remote.stream import Sent, streamed
from jobrunner.clock import Clock
from jobrunner.engine.actions.follow import Began, Ended, Event, Over, Still
from jobrunner.engine.actions.tail import Cut, Unseen, Wrote
from jobrunner.engine.past.rows import AttemptRow, RunRow
from jobrunner.errors import UnknownError, UnusableError
from jobrunner.model.run import Attempt, Run

T = TypeVar("T")

PACE = 0.2  # seconds between two looks whether anything came
LOOK = 5  # of these between two questions how a run is that has not started
PAUSE = 15  # of these before the line is tried again
FIRST = "1:0"  # what a stream goes on after that tells all that the first attempt wrote
TRIES = 40  # about two minutes: what is restarted meanwhile is there again


class Written(Struct, frozen=True):
    """What was written, exactly."""

    base64: str = ""


class CutOut(Struct, frozen=True):
    """So many bytes that nobody can read any more."""

    bytes: int


class Unreadable(Struct, frozen=True):
    """Why nothing can be read."""

    detail: str


class Next(Struct, frozen=True):
    """When the next attempt comes, where one has ended."""

    next_attempt_at: datetime | None


class Follower:
    """Tells what happens to one run: from its last attempt on, from its first, or in one only."""

    def __init__(
        self,
        line: Line,
        past: Past,
        clock: Clock,
        run: int,
        *,
        only: int | None = None,
        from_first: bool = False,
    ) -> None:
        self._line, self._past, self._clock = line, past, clock
        self._run = self._look(run)
        self._query: list[tuple[str, object]] = [("encoding", "base64")]
        self._query += [("attempt", only)] if only is not None else []
        self._attempt: Attempt | None = None
        self._written = 0
        self._last = ""
        self._is_begun = not from_first
        self._is_over = False

    def events(self) -> Iterator[Event]:
        """Each thing that happens, the last one Over; Still while nothing does."""
        left = 0
        while not self._is_over:
            try:
                for event in self._heard():
                    left = TRIES
                    yield event
            except LineError:
                if not left:
                    raise
                left -= 1
                yield from self._waited(PAUSE)

    def _heard(self) -> Iterator[Event]:
        """What comes on one line, until it breaks."""
        if not self._is_begun:
            yield from self._first()
        if self._is_over:
            return
        with streamed(self._line, f"runs/{self._run.id}/log/stream", self._query, self._last) as on:
            if on.is_over:
                self._is_over = True
                yield Over(self._look(self._run.id))
            quiet = 0
            while not self._is_over:
                sent = on.next(PACE)
                quiet = 0 if sent else quiet + 1
                if sent is None:
                    yield self._still(quiet)
                    continue
                yield self._told(sent)
                self._last = sent.number or self._last

    def _first(self) -> Iterator[Event]:
        """The beginning of the first attempt, after which the stream goes on.

        It would begin with the last one, and by then there may have been others.
        """
        while True:
            self._run = self._look(self._run.id)
            attempts = self._past.attempts(self._run.id)
            if attempts or not self._run.state.is_live:
                break
            yield from self._waited(LOOK)
        self._is_begun = True
        if attempts:
            self._attempt, self._last = attempts[0], FIRST
            yield Began(self._run, attempts[0])
        else:
            self._is_over = True
            yield Over(self._run)

    def _told(self, sent: Sent) -> Event:
        match sent.name:
            case "attempt":
                self._run = self._look(self._run.id)
                self._attempt = attempt_of(_value(sent, AttemptRow), self._run.id)
                self._written = 0
                return Began(self._run, self._attempt)
            case "cut":
                size = _value(sent, CutOut).bytes
                self._written += size
                return Cut(size)
            case "unreadable":
                return Unseen(_value(sent, Unreadable).detail.rstrip("."))
            case "attempt_end":
                return self._ended(sent)
            case "end":
                self._is_over = True
                return Over(run_of(_value(sent, RunRow)))
        data = b64decode(_value(sent, Written).base64)
        self._written += len(data)
        return Wrote(data)

    def _ended(self, sent: Sent) -> Ended:
        attempt = attempt_of(_value(sent, AttemptRow), self._run.id)
        self._run = self._look(self._run.id)
        self._attempt = None
        return Ended(self._run, attempt, _value(sent, Next).next_attempt_at)

    def _still(self, quiet: int) -> Still:
        """Nothing is new; of a run that waits for its attempt the row may be."""
        if self._attempt is None and quiet % LOOK == 0:
            self._run = self._look(self._run.id)
        return Still(self._run, self._attempt, self._written)

    def _waited(self, looks: int) -> Iterator[Event]:
        for _ in range(looks):
            yield Still(self._run, self._attempt, self._written)
            self._clock.sleep(PACE)

    def _look(self, number: int) -> Run:
        run = self._past.run(number)
        if run is None:
            raise UnknownError(f"there is no run #{number} in the ledger.")
        return run


def _value(sent: Sent, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(sent.data, type=kind)
    except msgspec.MsgspecError as error:
        raise UnusableError(f"the stream tells what is not understood: {error}.") from None
