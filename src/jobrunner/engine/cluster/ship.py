"""Sends what jobs of this host write to the ledger, so that it can be read on every host.

About once a second what is new of each output goes, many in one statement.  What has ended goes
first: somebody may be waiting for it.  What the ledger cannot take now is sent later, from where it
stood: the files have it.
"""

import os
import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from jobrunner.engine.attempt import Attempt
from jobrunner.engine.cluster.shipment import Shipment, source_of
from jobrunner.engine.cluster.veil import Room
from jobrunner.engine.crew import Crew, Ended
from jobrunner.engine.post import Post
from jobrunner.engine.record import About
from jobrunner.engine.redact import redactor
from jobrunner.engine.review import UNBLOTTED
from jobrunner.engine.stopping import NEVER
from jobrunner.errors import StoreError
from jobrunner.model.run import Measured, State
from jobrunner.store.fleet import Outputs, Piece

PACE = 1.0  # seconds between two pieces of one output
LOOK = 0.25  # seconds between two looks at what grows
NOTES = 30.0  # seconds between two times that it is sent when an output grew
SHARE = 0.02  # seconds of a turn
BATCH = 256 * 1024  # bytes of one statement
AFTER_TROUBLE = 5.0  # seconds until the ledger is tried again
FORGOTTEN = 600.0  # seconds after which nobody will say any more how an attempt ended
SPOOL = re.compile(r"([0-9]{1,18})-([0-9]{1,9})")

Key = tuple[int, int]  # run, attempt


class Berth:
    """An output that is sent, and when it is seen to next."""

    def __init__(self, shipment: Shipment, now: float) -> None:
        self.shipment = shipment
        self.due_at, self.note_at = now + PACE, now + NOTES
        self.seen_at = now


class Ship:
    """Every output of this supervisor that has not been sent as a whole."""

    def __init__(self, post: Post, ledger: Outputs, crew: Crew) -> None:
        self._post, self._ledger, self._crew = post, ledger, crew
        self._room = Room()
        self._berths: dict[Key, Berth] = {}
        self._ended: dict[Key, None] = {}  # in their order
        self._due: dict[Key, None] = {}
        self._look_at = self._again_at = -NEVER
        self._is_in_trouble = False
        self._found = _spooled(post)  # what was begun by a supervisor before this one
        self._is_new = True  # until the first look

    @property
    def is_behind(self) -> bool:
        """Whether there are outputs of attempts that have ended which are not sent as a whole."""
        return any(berth.shipment.has_ended for berth in self._berths.values())

    def note(self, ends: Iterable[Ended]) -> None:
        """Have the outputs of these sent as they stand by now, in the file and in the ledger."""
        for end in ends:
            if end.run.host == self._post.ground.host:  # else it was lost there
                self._end((end.run.id, end.run.attempts), end.outcome)

    def next_at(self) -> float:
        """When there is something to do, on the clock of durations."""
        if self._ended or self._due:
            return max(self._again_at, self._elapsed())
        return self._look_at if self._berths or not self._crew.is_empty else NEVER

    def see_to(self, share: float = SHARE) -> None:
        """Send what is due, for so many seconds; the rest waits for the next turn."""
        now = self._elapsed()
        if now < self._again_at:
            return
        try:
            if now >= self._look_at:
                self._look(now)
            while self._ended or self._due:
                self._send(now)
                if self._elapsed() > now + share:
                    break
        except StoreError as error:
            self._again_at = self._elapsed() + AFTER_TROUBLE
            self._tell(error)
        else:
            self._is_in_trouble = False

    def finish(self) -> None:
        """Send all that is left of what has ended."""
        self.see_to(NEVER)

    # -- what there is

    def _look(self, now: float) -> None:
        """See which outputs have grown."""
        if self._is_new:
            self._resume()
        for attempt in self._crew.running:
            if attempt.output.size:
                self._look_at_one(attempt, now)
        for key, berth in [*self._berths.items()]:
            if berth.shipment.has_ended:
                self._ended[key] = None
            elif berth.seen_at < now - FORGOTTEN:
                self._forget(key)
        self._is_new = False
        self._look_at = now + LOOK

    def _look_at_one(self, attempt: Attempt, now: float) -> None:
        key = attempt.run.id, attempt.run.attempts
        berth = self._berths.get(key)
        if berth is None:
            berth = self._berths[key] = Berth(self._begun(key, attempt), now)
        berth.seen_at = now
        shipment = berth.shipment
        has_news = shipment.is_pending or shipment.offset != attempt.output.size
        if now >= berth.due_at and (has_news or now >= berth.note_at):
            berth.due_at = now + PACE
            self._due[key] = None

    def _begun(self, key: Key, attempt: Attempt) -> Shipment:
        """One that was found goes on from where its last supervisor had come."""
        job, state = attempt.job, self._post.ground.state
        secrets = partial(redactor, job, attempt.env)
        source = source_of(state, *key, job.output_limit, secrets)
        if key not in self._found:
            return Shipment(source, self._room)
        return Shipment(source, self._room, self._ledger.written(*key), is_known=False)

    def _end(self, key: Key, told: Measured) -> None:
        """One that may hold secrets still is left as it was sent so far: without them."""
        if not told.output_size or UNBLOTTED in told.error:
            self._forget(key)
            return
        berth = self._berths.get(key)
        if berth is None:
            is_known, state = key not in self._found, self._post.ground.state
            shipment = Shipment(source_of(state, *key), self._room, is_known=is_known)
            berth = self._berths[key] = Berth(shipment, self._elapsed())
        berth.shipment.end(told.output_size, told.output_cut or 0)
        self._ended[key] = None

    def _resume(self) -> None:
        """Have sent what a supervisor may have left that was killed after it recorded an end."""
        for key in sorted(self._found):
            tries = self._post.store.attempts(key[0]) if key not in self._berths else []
            for tried in tries:
                is_ours = tried.host == self._post.ground.host and tried.number == key[1]
                if is_ours and tried.state is not State.RUNNING:
                    self._end(key, tried)

    def _forget(self, key: Key) -> None:
        for each in (self._berths, self._ended, self._due):
            each.pop(key, None)

    # -- on its way

    def _send(self, now: float) -> None:
        """Send about as much as a statement is to have."""
        pieces: list[Piece] = []
        taken: list[Key] = []
        left = BATCH
        for key in [*self._ended, *self._due]:
            found = self._gathered(key, left, now)
            if found is not None:
                taken.append(key)
                pieces += found
                left -= sum(len(piece.body) for piece in found)
            if left <= 0:
                break
        for key in taken:
            for span in self._berths[key].shipment.drops:
                self._ledger.drop_pieces(*key, *span)
        if pieces:
            self._ledger.keep_pieces(pieces, self._post.now())
        for key in taken:
            self._arrived(key)

    def _gathered(self, key: Key, most: int, now: float) -> list[Piece] | None:
        """What is to be sent of it; None if there is nothing just now."""
        berth = self._berths[key]
        shipment = berth.shipment
        before = shipment.offset
        shipment.gather(most)
        if now >= berth.note_at and not shipment.has_ended:
            berth.note_at = now + NOTES
            shipment.note()
        if shipment.is_pending:
            return shipment.pieces
        if shipment.is_done:
            self._forget(key)
        elif not (shipment.has_ended and shipment.offset > before):  # else there is more to read
            self._ended.pop(key, None)
            self._due.pop(key, None)
        return None

    def _arrived(self, key: Key) -> None:
        shipment = self._berths[key].shipment
        shipment.arrived()
        if shipment.is_done:
            self._forget(key)
        if not shipment.has_ended and not shipment.is_pending:
            self._due.pop(key, None)

    def _tell(self, error: StoreError) -> None:
        """Once, until it can be done again."""
        if not self._is_in_trouble:
            self._is_in_trouble = True
            told = f"outputs are not sent to the ledger just now: {error}"
            self._post.diary.warning(told, About(event="trouble"))

    def _elapsed(self) -> float:
        return self._post.ground.clock.elapsed()


def _spooled(post: Post) -> frozenset[Key]:
    """The attempts whose end may not have been seen to in every respect."""
    folder = Path(post.ground.state.spool(0, 0)).parent
    names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208 - their names suffice
    matches = filter(None, map(SPOOL.fullmatch, names))
    return frozenset((int(match[1]), int(match[2])) for match in matches)
