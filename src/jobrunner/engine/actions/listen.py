"""Reads a run's outputs bit by bit for who waits meanwhile: attempt after attempt, to the end.

Between two looks nothing is held open, so that many may listen at once.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from jobrunner.engine.actions.follow import Began, Ended, Over
from jobrunner.engine.actions.tail import Cut, Tail, Unseen, Wrote
from jobrunner.engine.state import State as Folder
from jobrunner.engine.transcript import OnDisk, Transcript, Transcripts
from jobrunner.model.run import Attempt, Run, State

What = Began | Wrote | Cut | Unseen | Ended | Over
AT_ONCE = 256 * 1024  # bytes of one look
PATIENCE = 10  # looks, until what another host has still to send is not waited for any longer


class Place(Struct, frozen=True):
    """How far somebody has heard: which attempt, and how many bytes of what it wrote."""

    attempt: int
    offset: int = 0
    is_begun: bool = False
    is_over: bool = False


class Heard(Struct, frozen=True):
    """What was heard, and how far that is."""

    what: What
    place: Place


class Ear:
    """Hears one run from a place on; with `only`, that attempt alone."""

    def __init__(self, folder: Folder, run: int, place: Place, *, only: bool = False) -> None:
        self.place, self.has_more = place, False
        self._folder, self._run, self._only = folder, run, only
        self._is_refused = False
        self._patience = PATIENCE

    def hear(
        self, run: Run, attempts: Sequence[Attempt], shared: Transcripts | None = None
    ) -> Iterator[Heard]:
        """What is new by the ledger as it was found, and by the output as it is now.

        That is a file of this host, or with `shared` what was sent of it.  Nothing comes after
        Over.  One look reads so much: it `has_more` if that was not all.
        """
        left, self.has_more = AT_ONCE, False
        while not self.place.is_over:
            attempt = next((one for one in attempts if one.number == self.place.attempt), None)
            if attempt is None:
                if not run.state.is_live:
                    yield from self._over(run)
                return
            if not self.place.is_begun:
                self.place = replace(self.place, is_begun=True)
                yield Heard(Began(run, attempt), self.place)
            tail = self._tail(attempt, shared)
            try:
                for piece in self._pieces(tail, left):
                    left -= len(piece.data) if isinstance(piece, Wrote) else 0
                    yield Heard(piece, self.place)
                self.has_more = left <= 0
                if self.has_more or attempt.state is State.RUNNING:
                    return
                if shared and self._waits(tail, attempt):
                    return
            finally:
                tail.close()
            yield from self._ended(run, attempt)

    def has_news(self, run: Run, attempts: Sequence[Attempt], size: int) -> bool:
        """Whether it is worth to listen: the file has grown, or the attempt is over."""
        place = self.place
        if not place.is_begun or size != place.offset or not run.state.is_live:
            return True
        return any(
            one.state is not State.RUNNING for one in attempts if one.number == place.attempt
        )

    @property
    def path(self) -> str:
        """Where the attempt writes: computed, for what a database says is no path for us."""
        return self._folder.output_path(self._folder.output(self._run, self.place.attempt))

    def _tail(self, attempt: Attempt, shared: Transcripts | None) -> Tail:
        opened = partial(self._opened, attempt, shared)
        tail = Tail(opened, self.place.offset)
        if self._is_refused:
            tail.close()
        return tail

    def _opened(self, attempt: Attempt, shared: Transcripts | None) -> Transcript:
        if shared is None:
            return OnDisk.at(self.path)
        return shared.of(self._run, attempt.number, attempt.host)

    def _pieces(self, tail: Tail, most: int) -> Iterator[Wrote | Cut | Unseen]:
        while most > 0 and (piece := tail.piece()):
            self.place = replace(self.place, offset=tail.offset)
            self._is_refused = isinstance(piece, Unseen)
            yield piece
            most -= len(piece.data) if isinstance(piece, Wrote) else 0

    def _waits(self, tail: Tail, attempt: Attempt) -> bool:
        """Whether what is still on its way here is worth another look."""
        self._patience -= 1
        return self._patience > 0 and tail.lacks(attempt.output_size)

    def _ended(self, run: Run, attempt: Attempt) -> Iterator[Heard]:
        yield Heard(Ended(run, attempt, run.next_attempt_at), self.place)
        if self._only:
            yield from self._over(run)
        else:
            self.place, self._is_refused = Place(attempt.number + 1), False
            self._patience = PATIENCE

    def _over(self, run: Run) -> Iterator[Heard]:
        self.place = replace(self.place, is_over=True)
        yield Heard(Over(run), self.place)
