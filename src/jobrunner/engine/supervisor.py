"""The supervisor: one a state folder, awake while there is something to see to.

It waits for events - a keeper ended, somebody rang, a time has come - and does at each turn all
that is due, in the same order: what ended, what is asked for, what came due, what may begin.
"""

import select
from collections.abc import Callable
from datetime import datetime, timedelta

from jobrunner.engine.aftermath import Aftermath
from jobrunner.engine.agenda import Ends
from jobrunner.engine.attempt import NEVER
from jobrunner.engine.boot import see_to_boot
from jobrunner.engine.crew import Crew
from jobrunner.engine.desk import Desk
from jobrunner.engine.housekeeping import Housekeeping
from jobrunner.engine.lobby import Lobby
from jobrunner.engine.post import Post
from jobrunner.engine.reader import Reader, is_look
from jobrunner.engine.recover import recover
from jobrunner.engine.signals import Signals
from jobrunner.engine.ticks import last_tick
from jobrunner.engine.wake import Doorbell
from jobrunner.errors import StoreError
from jobrunner.model.run import State

LONGEST = 5.0  # seconds; a step of the clock is noticed after so long at the latest
LINGER = 10.0  # seconds to stay after the last work
# A slot so near is waited for: that is cheaper than a start, and sooner than cron's next tick.
NEAR = timedelta(seconds=75)
TICKED = timedelta(seconds=90)  # since the last tick, before its ticker is thought to be gone
AFTER_TROUBLE = 1.0  # seconds until the ledger is tried again


class Supervisor:
    """Sees to one ledger's runs until there is nothing to see to."""

    def __init__(
        self,
        post: Post,
        reader: Reader,
        doorbell: Doorbell,
        signals: Signals,
        housekeeping: Housekeeping,
        *,
        linger: float,
    ) -> None:
        """Without work it leaves after `linger` seconds.

        One that never would drains when it is asked to end: nobody else would see to its runs.
        """
        self._post = post
        self._reader = reader
        self._doorbell = doorbell
        self._signals = signals
        self._housekeeping = housekeeping
        self._linger = linger
        self._crew = Crew(post)
        self._lobby = Lobby(post, self._crew)
        self._desk = Desk(post, reader, self._crew, self._lobby)
        self._aftermath = Aftermath(post, self._lobby)
        self._next_look: datetime | None = post.now()
        self._busy_at = self._elapsed()
        self._is_renewed = False
        self._is_dismissed = False

    def run(self) -> bool:
        """Work until nothing is left; True if newer code is to take over from here."""
        recover(self._post, self._crew, self._lobby)
        see_to_boot(self._post, self._lobby)
        self._try(self._desk.see_to)
        while not self._is_over():
            works = self._try(self._turn)
            self._wait(LONGEST if works else AFTER_TROUBLE)
        self._doorbell.close()
        self._reader.leave_note()
        self._try(self._housekeeping.on_leaving)
        return self._is_renewed

    def _turn(self) -> None:
        """All that is due now."""
        self._housekeeping.note_tick()
        self._crew.tend()
        if self._aftermath.of(self._crew.record()):
            self._next_look = self._post.now()
        if self._signals.wants_reading():
            self._reader.read()
        self._answer()
        if self._reader.takes_effect():
            self._next_look = self._post.now()
            self._lobby.reseat()
        if not self._signals.is_ending():
            self._look()
            self._lobby.admit()
            for run in self._lobby.take_left():
                self._aftermath.left_out(run)
        if self._crew.is_empty:
            self._housekeeping.when_idle()

    def _answer(self) -> None:
        """Hear who rings; what changed on disk is read before they are told how things are."""
        if not self._doorbell.is_rung():
            return
        self._reader.read()
        rings = self._doorbell.answer(self._reader.told())
        self._reader.note_told(rings)
        if all(map(is_look, rings)):
            return
        self._busy_at = self._elapsed()
        self._is_renewed = any(not self._reader.is_of_this_code(ring) for ring in rings)
        self._is_dismissed |= self._linger < NEVER and any(
            ring.startswith("leave ") for ring in rings
        )
        self._desk.see_to()
        self._next_look = self._post.now()

    def _look(self) -> None:
        """Decide what came due since the last look."""
        post, now = self._post, self._post.now()
        if self._next_look is None or now < self._next_look:
            return
        marks = post.store.marks()
        live = {run.job for run in self._lobby.waiting} | {a.run.job for a in self._crew.running}
        looks = post.agenda.looks(
            marks, post.store.health(), now, Ends(live, self._aftermath.ended)
        )
        for run in post.store.claim(looks, owner=post.owner, host=post.ground.host, now=now):
            if run.state is State.QUEUED:
                self._lobby.put(run)
            else:
                self._aftermath.left_out(run)
        times = [mark.next_at for mark in (post.store.marks() if looks else marks).values()]
        self._next_look = min((at for at in times if at is not None), default=None)

    # -- waiting and leaving

    def _wait(self, longest: float) -> None:
        poll = select.poll()
        for fd in (self._doorbell.fileno(), self._signals.fileno(), *self._crew.fds()):
            poll.register(fd, select.POLLIN)
        poll.poll(max(0.0, min(longest, self._time_left())) * 1000)

    def _time_left(self) -> float:
        """Seconds until there is something to do without any event."""
        now = self._post.now()
        times = (self._next_look, self._lobby.next_at(now))
        left = min(((at - now).total_seconds() for at in times if at is not None), default=NEVER)
        return min(left, self._crew.next_at() - self._elapsed(), self._lingers_for())

    def _lingers_for(self) -> float:
        return NEVER if self._is_needed() else self._busy_at + self._linger - self._elapsed()

    def _is_over(self) -> bool:
        if self._is_renewed or self._is_dismissed or self._reader.has_moved():
            return True
        if self._signals.is_ending():
            return self._crew.is_empty or self._linger < NEVER or self._signals.is_urgent()
        if self._is_needed():
            self._busy_at = self._elapsed()
            return False
        return self._lingers_for() <= 0 and self._has_left()

    def _is_needed(self) -> bool:
        """Whether there is something to see to, or will be very soon."""
        if self._linger == NEVER or not self._crew.is_empty:
            return True
        now = self._post.now()
        soon = [at for at in (self._next_look, self._lobby.next_at(now)) if at is not None]
        return self._lobby.has_ready(now) or (
            any(at - now <= NEAR for at in soon) and self._is_ticked(now)
        )

    def _is_ticked(self, now: datetime) -> bool:
        """Whether ticks still come: who stops them wants to see nothing run any more."""
        try:
            last, _ = last_tick(self._post.store, now, TICKED)
        except StoreError:
            return False
        return last is not None and now - last <= TICKED

    def _has_left(self) -> bool:
        """Stop hearing, and look once more for what was asked meanwhile; False if there was any."""
        self._doorbell.close()
        self._try(self._desk.see_to)
        if not self._lobby.has_ready(self._post.now()):
            return True
        self._doorbell = Doorbell(self._post.ground.state)
        return False

    def _try(self, work: Callable[[], None]) -> bool:
        """Whether it could be done; what the ledger cannot do now is done later."""
        try:
            work()
        except StoreError as error:
            self._post.diary.error(str(error))
            return False
        return True

    def _elapsed(self) -> float:
        return self._post.ground.clock.elapsed()
