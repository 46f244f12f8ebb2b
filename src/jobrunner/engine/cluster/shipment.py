"""What is sent of one output: as it grows while its attempt runs, and how it stands at the end.

While it runs, its head is sent whole, then what is new; who writes faster than is sent is passed
over in between.  In the end the file decides, from which its secrets have been taken by then: what
was not sent follows, what differs is sent again, what is not kept there is dropped.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from jobrunner.engine.blot import Redactor
from jobrunner.engine.cluster.account import Account
from jobrunner.engine.cluster.veil import ENDS, Room, Trial, Veil
from jobrunner.engine.past.log import kept_of
from jobrunner.engine.state import State
from jobrunner.engine.transcript import Span, beside
from jobrunner.process.output import open_to_read
from jobrunner.store.fleet import LONGEST_PIECE, Piece

PIECE = 64 * 1024
RATE = 256 * 1024  # bytes of one output that are read at a time
READ = 4 * 1024 * 1024  # the same of one that has ended, to be compared with what was sent
# What is new of a slow output is a piece of its own, until so many of them are made one.
FEW, SMALL = 32, 32 * 1024
ALL = 1 << 62


class Source(Struct, frozen=True, kw_only=True):
    """The files of one attempt's output, how much of that is kept, what in it is secret."""

    run: int
    attempt: int
    path: str
    notes: str
    limit: int
    redactor: Callable[[], Redactor]

    @property
    def half(self) -> int:
        """Where the head ends of an output that is cut."""
        return self.limit // 2

    def pieces(self, at: int, body: bytes) -> list[Piece]:
        """The bytes that stand there as pieces, none of which is of head and tail."""
        end = at + len(body)
        starts = [*range(at, end, PIECE)]
        if at < self.half < end:
            starts = [*range(at, self.half, PIECE), *range(self.half, end, PIECE)]
        return [
            Piece(self.run, self.attempt, start, body[start - at : until - at])
            for start, until in pairwise([*starts, end])
        ]


def source_of(
    state: State,
    run: int,
    attempt: int,
    limit: int = ALL,
    redactor: Callable[[], Redactor] = Redactor,
) -> Source:
    """What an attempt wrote; of one that has ended nothing is secret, and what is kept is known."""
    path = state.output_path(state.output(run, attempt))
    return Source(
        run=run,
        attempt=attempt,
        path=path,
        notes=state.sightings(path),
        limit=limit,
        redactor=redactor,
    )


class Shipment:
    """The way of one output to the ledger.

    `drops` and `pieces` are to be carried out in this order, and `arrived` is to be said then:
    until so, they stay the same.
    """

    def __init__(
        self, source: Source, room: Room, offset: int = 0, *, is_known: bool = True
    ) -> None:
        """`offset` is how far others have come; what they sent is not known: the end tells."""
        self.source = source
        self.drops: list[Span] = []
        self.pieces: list[Piece] = []
        self._room = room
        self._offset = self._next = offset
        self._is_known = is_known
        self._account = Account()
        self._recent: list[Piece] = []  # small ones, each following the other
        self._trial: tuple[int, Trial] | None = None
        self._veil: Veil | None = None
        self._kept: Sequence[Span] | None = None  # once it has ended
        self._is_through = False
        self._noted = 0

    @property
    def offset(self) -> int:
        """How far it was read."""
        return self._offset

    @property
    def has_ended(self) -> bool:
        return self._kept is not None

    @property
    def is_pending(self) -> bool:
        """Whether there is something to be sent or dropped."""
        return bool(self.drops or self.pieces)

    @property
    def is_done(self) -> bool:
        """Whether all is sent that ever will be."""
        return self._is_through and not self.is_pending

    def end(self, size: int, cut: int) -> None:
        """So much was written in all: what is to be sent is in the file."""
        self._kept = kept_of(size, size - cut)
        self.pieces, self._recent = [], []
        self.drops = [(self._kept[0][1], self._kept[1][0])] if cut else []
        if cut or not self._is_known or size < self._offset:
            self.drops.append((size, ALL))
        self._offset = self._next = 0

    def gather(self, most: int) -> None:
        """Have some more to be sent, if there is any: of one that has ended about so many bytes."""
        if self.pieces or self._is_through or (self.drops and not self.has_ended):
            return
        try:
            file = open_to_read(self.source.path)
        except OSError:  # pruned, or put aside by somebody
            self._is_through = self.has_ended
            return
        try:
            if self._kept is None:
                self._follow(file)
            else:
                self._conclude(file, self._kept, most)
        finally:
            os.close(file)

    def note(self) -> None:
        """Have sent, too, what was noted of when it grew, if that is another by now."""
        try:
            file = open_to_read(self.source.notes)
        except OSError:  # there is none: it was short
            return
        try:
            content = os.pread(file, LONGEST_PIECE, 0)
        finally:
            os.close(file)
        if content and len(content) != self._noted:
            self._noted = len(content)
            self.pieces.append(Piece(self.source.run, beside(self.source.attempt), 0, content))

    def arrived(self) -> None:
        """What was to be dropped and sent is."""
        for first, last in self.drops:
            self._account.drop(first, last)
        ours = [piece for piece in self.pieces if piece.attempt == self.source.attempt]
        for piece in ours:
            self._account.note(piece)
        self.drops, self.pieces = [], []
        self._offset = self._next
        if not self.has_ended:
            self._remember(ours)
            self._thin()

    # -- while it runs

    def _follow(self, file: int) -> None:
        if self._trial is None:
            self._begin(file)
        if self._trial is not None and self._trial[1].is_over():
            (at, trial), self._trial = self._trial, None
            if shown := trial.result():
                self._send(at, shown)

    def _begin(self, file: int) -> None:
        """Look at what is new."""
        size = os.fstat(file).st_size
        if size < self._offset:  # the command cut its output short itself, and begins anew
            self._offset = self._next = 0
            self._recent, self.drops = [], [(0, ALL)]
        at, until = self._range(size)
        block = os.pread(file, until - at, at)
        if self._veil is None and block:
            self._veil = Veil(self.source.redactor(), self._room)
        if self._veil and at > self._offset:  # a secret may have begun in what is passed over
            begun = min((n for n in map(block.find, ENDS) if n >= 0), default=len(block)) + 1
            at, block = at + begun, block[begun:]
        if not block:
            return
        if not self._veil:
            self._send(at, block)
        # What follows the head of what is cut may be gone already.
        elif trial := self._veil.over(block, is_last=at < self.source.half == until):
            self._trial = at, trial

    def _range(self, size: int) -> Span:
        """What is read next: of what is cut the head, and then what is newest."""
        at, limit = self._offset, self.source.limit
        if size <= limit:
            return at, min(size, at + RATE)
        if at < self.source.half:
            return at, min(self.source.half, at + RATE)
        return max(at, size - RATE, size - (limit - self.source.half)), size

    def _send(self, at: int, shown: bytes) -> None:
        """Have it sent; with it, as one, the small ones that it follows, if they are many."""
        self._next = at + len(shown)
        if self._recent and (self._recent[-1].end != at or at == self.source.half):
            self._recent = []
        before = b"".join(piece.body for piece in self._recent)
        if before and (len(self._recent) >= FEW or len(before) + len(shown) >= SMALL):
            at, shown = self._recent[0].first, before + shown
        self.pieces = self.source.pieces(at, shown)

    def _remember(self, sent: Sequence[Piece]) -> None:
        """Whether what comes next may be made one with these."""
        if not sent:
            return
        is_one_of_many = bool(self._recent) and sent[0].first == self._recent[0].first
        is_small = len(sent) == 1 and len(sent[0].body) < SMALL
        self._recent = [*self._recent, *sent] if is_small and not is_one_of_many else []

    def _thin(self) -> None:
        """Have dropped what is no longer part of the tail, when it is worth it."""
        limit, half = self.source.limit, self.source.half
        gone = [*self._account.within(half, self._offset - (limit - half))]
        if sum(end - start for start, end in gone) >= max(limit // 4, PIECE):
            self.drops = [(half, gone[-1][0] + 1)]

    # -- once it has ended

    def _conclude(self, file: int, kept: Sequence[Span], most: int) -> None:
        """What the file says otherwise than what was sent, in order, about so many bytes of it."""
        if self._trial is not None:
            if not self._trial[1].is_over():
                return
            self._trial[1].result()
            self._trial = None
        left, unread = most, READ
        for (start, end), body in self._compared(file, kept):
            self.pieces += self.source.pieces(start, body)
            self._next = end
            left, unread = left - len(body), unread - (end - start)
            if left <= 0 or unread <= 0:
                break
        else:
            self.note()
            self._is_through = True
        if not self.is_pending:
            self._offset = self._next

    def _compared(self, file: int, kept: Sequence[Span]) -> Iterator[tuple[Span, bytes]]:
        """The parts of what is kept, in order, each with what is to be sent of it."""
        for start, end in kept:
            at = max(start, self._offset)
            while at < end:
                known, body = self._account.end_of(at), b""
                if known is None or known > end or not self._is_sent(file, at, known):
                    known = min(end, at + PIECE, self._account.next_after(at) or ALL)
                    body = os.pread(file, known - at, at)
                    if len(body) < known - at:  # cut short meanwhile
                        known = end
                yield (at, known), body
                at = known

    def _is_sent(self, file: int, start: int, end: int) -> bool:
        """Whether what was sent is what the file says: of what has no secrets it is."""
        return not self._veil or self._account.says(start, os.pread(file, end - start, start))
