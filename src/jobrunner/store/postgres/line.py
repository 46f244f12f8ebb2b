"""Reaching the server: a connection is made while others go on, and nobody waits long for it."""

import logging
from collections.abc import Generator
from threading import Event, Thread
from typing import Any

import psycopg
from psycopg.types.numeric import Int8Dumper

from jobrunner.clock import Clock, SystemClock
from jobrunner.errors import StoreAwayError, StoreError
from jobrunner.store.postgres.fault import refusal
from jobrunner.store.postgres.target import Target

# Statements that a connection keeps prepared: more than there are.
PREPARED = 500
# How long one waits for a connection that is being made, unless it is the first, and after a
# failure nobody tries.
MOMENT = 1.0

# What the driver would tell beside its errors is told by these already.
logging.getLogger("psycopg").setLevel(logging.CRITICAL)


class Database(psycopg.Connection[tuple[Any, ...]]):
    """The driver's connection, on which nobody waits for ever."""

    patience: float | None = None

    def wait(self, gen: Generator[Any, Any, Any], *args: Any, **kwargs: Any) -> Any:
        if self.patience is None:
            return super().wait(gen, *args, **kwargs)
        try:
            return super().wait(_hasty(gen, self.patience), *args, **kwargs)
        except TimeoutError as error:
            self.close()  # in the middle of an answer it is of no use
            raise psycopg.OperationalError(f"timed out: {error}") from error


def _hasty(gen: Generator[Any, Any, Any], patience: float) -> Generator[Any, Any, Any]:
    """The same steps of a conversation, as long as the other side says something in time."""
    clock = SystemClock()
    began = clock.elapsed()
    try:
        wanted = next(gen)
        while True:
            is_ready = yield wanted
            if is_ready:
                began = clock.elapsed()
            elif clock.elapsed() - began > patience:
                raise TimeoutError(f"no answer for {patience:.0f} s")
            wanted = gen.send(is_ready)
    except StopIteration as end:
        return end.value


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
            self._made = connect(self._target, self._target.answer)
        except StoreError as error:
            self._refusal = error
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
        self._was_reached = False

    def dialled(self) -> Database:
        """A new connection; who has one already is not to ask.

        The first attempt is waited for.  Later ones go on while their callers do, after a moment,
        so that a supervisor still sees to its jobs when the server gives no answer.
        """
        self._refuse_too_soon()
        dial = self._dial = self._dial or Dial(self._target, self._clock.elapsed())
        rest = max(0.0, dial.began + MOMENT - self._clock.elapsed())
        if not dial.wait(rest if self._was_reached else None):
            raise StoreAwayError(f"{self._target.name}: no answer yet", is_silent=True)
        self._dial, self._was_reached = None, True
        try:
            made = dial.taken()
        except StoreError as error:
            self._failure, self._failed_at = error, self._clock.elapsed()
            raise
        self._failure = None
        return made

    def _refuse_too_soon(self) -> None:
        if self._failure and self._clock.elapsed() - self._failed_at < MOMENT:
            raise self._failure.with_traceback(None)

    def hang_up(self) -> None:
        if self._dial:
            self._dial.give_up()


def connect(target: Target, patience: float | None = None) -> Database:
    """A connection as the ledger uses it: we say ourselves where a transaction begins and ends.

    StoreError if it cannot be made.
    """
    try:
        made = Database.connect(target.conninfo, autocommit=True)
    except psycopg.Error as error:
        raise refusal(error, target.name) from error
    assert isinstance(made, Database)
    # One type for every number, so that a statement is prepared once and not for each size.
    made.adapters.register_dumper(int, Int8Dumper)
    made.prepared_max = PREPARED
    made.patience = patience
    return made
