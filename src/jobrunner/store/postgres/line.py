"""Reaching the server: a connection is made while others go on, and nobody waits long for it."""

from threading import Event, Thread

import psycopg
from psycopg.types.numeric import Int8Dumper

from jobrunner.clock import Clock
from jobrunner.errors import StoreAwayError, StoreError
from jobrunner.store.postgres.fault import refusal
from jobrunner.store.postgres.target import Target

Database = psycopg.Connection[tuple[object, ...]]
# Statements that a connection keeps prepared: more than there are.
PREPARED = 500
# How long one waits for a connection that is being made, unless it is the first, and after a
# failure nobody tries.
MOMENT = 1.0


class Dial:
    """One attempt to make a connection."""

    def __init__(self, target: Target, began: float) -> None:
        self.began = began
        self._target = target
        self._made: Database | None = None
        self._refusal: StoreError | None = None
        self._is_over = Event()
        self._is_given_up = False
        Thread(target=self._dial, daemon=True, name="dial").start()

    def _dial(self) -> None:
        try:
            self._made = connect(self._target)
        except psycopg.Error as error:
            self._refusal = refusal(error, self._target.name)
        self._is_over.set()
        if self._is_given_up and self._made:
            self._made.close()

    def wait(self, seconds: float | None) -> bool:
        """Whether it is over; an attempt of its own ends after the target's timeout."""
        return self._is_over.wait(seconds)

    def taken(self) -> Database:
        """What was made of it."""
        if self._refusal:
            raise self._refusal
        assert self._made is not None
        return self._made

    def give_up(self) -> None:
        self._is_given_up = True
        if self._is_over.is_set() and self._made:
            self._made.close()


class Line:
    """The connection to a server, made anew by its next use after it broke."""

    def __init__(self, target: Target, clock: Clock) -> None:
        self._target = target
        self._clock = clock
        self._dial: Dial | None = None
        self._failure: StoreError | None = None
        self._failed_at = 0.0

    def dialled(self) -> Database:
        """A new connection; who has one already is not to ask.

        The first attempt is waited for.  Later ones go on while their callers do, after a moment,
        so that a supervisor still sees to its jobs when the server gives no answer.
        """
        is_first = self._dial is None and self._failure is None and self._failed_at == 0.0
        self._refuse_too_soon()
        dial = self._dial = self._dial or Dial(self._target, self._clock.elapsed())
        rest = dial.began + MOMENT - self._clock.elapsed()
        if not dial.wait(None if is_first else max(0.0, rest)):
            raise StoreAwayError(f"{self._target.name}: no answer yet", is_silent=True)
        self._dial, self._failed_at = None, self._clock.elapsed()
        try:
            made = dial.taken()
        except StoreError as error:
            self._failure = error
            raise
        self._failure = None
        return made

    def _refuse_too_soon(self) -> None:
        if self._failure and self._clock.elapsed() - self._failed_at < MOMENT:
            raise self._failure.with_traceback(None)

    def hang_up(self) -> None:
        if self._dial:
            self._dial.give_up()


def connect(target: Target) -> Database:
    """A connection as the ledger uses it: we say ourselves where a transaction begins and ends."""
    made: Database = psycopg.connect(target.conninfo, autocommit=True)
    # One type for every number, so that a statement is prepared once and not for each size.
    made.adapters.register_dumper(int, Int8Dumper)
    made.prepared_max = PREPARED
    return made
