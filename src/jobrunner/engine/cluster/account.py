"""Which parts of an output have been sent, and what they say."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

from jobrunner.digest import blake2b
from jobrunner.store.fleet import Piece

WEIGHT = 8  # bytes


class Account:
    """The parts by their first byte: where each ends, and its digest."""

    def __init__(self) -> None:
        self._parts: dict[int, tuple[int, bytes]] = {}
        self._starts: list[int] = []  # in order

    def note(self, piece: Piece) -> None:
        """This was sent, in the place of those that begin within it."""
        self.drop(piece.first, piece.end)
        self._parts[piece.first] = piece.end, _digest(piece.body)
        insort(self._starts, piece.first)

    def drop(self, first: int, last: int) -> None:
        """What begins in [first, last) is there no more."""
        gone = slice(bisect_left(self._starts, first), bisect_left(self._starts, last))
        for each in self._starts[gone]:
            del self._parts[each]
        del self._starts[gone]

    def end_of(self, first: int) -> int | None:
        """Where the part ends that begins there."""
        found = self._parts.get(first)
        return found[0] if found else None

    def says(self, first: int, body: bytes) -> bool:
        """Whether the part that begins there is this."""
        return self._parts.get(first) == (first + len(body), _digest(body))

    def next_after(self, place: int) -> int | None:
        """Where the next part begins."""
        number = bisect_right(self._starts, place)
        return self._starts[number] if number < len(self._starts) else None

    def within(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The parts that lie there, in order."""
        for start in self._starts[bisect_left(self._starts, first) :]:
            end = self._parts[start][0]
            if end > last:
                return
            yield start, end


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=WEIGHT).digest()
