"""An output that is being written, as it comes: several attempts of one run."""

from collections.abc import Iterator
from datetime import datetime

from jobrunner.cli import pager
from jobrunner.cli.logsheet import View, closes, ended, head
from jobrunner.engine.actions.follow import Began, Ended, Event, Over, Still
from jobrunner.engine.actions.tail import Cut, Unseen, Wrote
from jobrunner.engine.past import log
from jobrunner.errors import ForbiddenError
from jobrunner.model.run import Attempt, Run


def live(
    view: View, events: Iterator[Event], run: Run, first: int, *, only: bool, tail: int | None
) -> Iterator[pager.Piece]:
    """What happens from one attempt on, or in that one only, as text.

    With `tail`, of what is there already only so many lines.
    """
    wanted = _tailed(_from(events, first, only=only), tail)
    return _told(view, wanted, run, is_whole=tail is None)


def _from(events: Iterator[Event], first: int, *, only: bool) -> Iterator[Event]:
    """What happens from one attempt on, or in that one only."""
    number = 0
    for event in events:
        if isinstance(event, Began):
            number = event.attempt.number
        if number >= first or isinstance(event, Over) or number == 0:
            yield event
        if only and number == first and isinstance(event, Ended):
            return


def _tailed(events: Iterator[Event], count: int | None) -> Iterator[Event]:
    """The events; of what was written before the first look at a whole attempt the last lines."""
    early: list[bytes] = []
    is_early = count is not None
    for event in events:
        if is_early and isinstance(event, Wrote | Cut):
            early.append(_bytes(event))
            continue
        if early and count is not None:
            yield Wrote(log.last_lines(early, count))
            early, is_early = [], False
        yield event


def _bytes(event: Wrote | Cut) -> bytes:
    return event.data if isinstance(event, Wrote) else f"\n{event}\n".encode()


class Shown:
    """What is shown of an attempt that is followed, with the times of its lines if wanted.

    What is there already was seen by the supervisor, what comes then is seen by us.
    """

    def __init__(self, view: View, run: Run, attempt: Attempt | None, *, is_whole: bool) -> None:
        """Of the last lines alone, which are not the `is_whole` output, no place is known."""
        timed = attempt if view.is_timed else None
        self._clock = view.side.clock
        self._safe = view.safe(run)
        self._margin = view.margin(run, timed, self._seen) if timed else None
        self._noted = view.side.seen(run, timed) if timed and is_whole else None
        self._place = 0
        self.is_live = False

    def feed(self, event: Wrote | Cut) -> pager.Piece:
        if self._margin is None:
            return self._safe.feed(_bytes(event))
        place = self._place
        if isinstance(event, Cut):
            self._place += event.size
            return self._margin.remark(str(event))
        self._place += len(event.data)
        return self._margin.feed(event.data, place)

    def end(self) -> pager.Piece:
        return self._margin.end() if self._margin else self._safe.end()

    def _seen(self, place: int) -> datetime | None:
        noted = self._noted(place) if self._noted else None
        return noted or (self._clock.now() if self.is_live else None)


def _told(
    view: View, events: Iterator[Event], run: Run, *, is_whole: bool
) -> Iterator[pager.Piece]:
    """What happens, as text; its frame is for a terminal."""
    here, is_framed = view.here, view.is_framed
    written = Shown(view, run, None, is_whole=is_whole)
    is_waiting, is_closed = False, True
    for event in events:
        match event:
            case Wrote() | Cut():
                piece = written.feed(event)
                is_closed = closes(piece, before=is_closed)
                yield piece
            case Unseen():
                raise ForbiddenError(f"{event.reason}.")
            case Ended():
                piece = written.end()
                yield piece
                if is_framed:
                    is_closed = closes(piece, before=is_closed)
                    yield ended(here, event) if is_closed else f"\n{ended(here, event)}"
                is_closed = True
            case Began():
                written = Shown(view, event.run, event.attempt, is_whole=is_whole)
                if is_framed:
                    yield head(here, event.run, event.attempt)
            case Still(attempt=None) if is_framed and not is_waiting:
                is_waiting = True
                yield f"{event.run.job} #{event.run.id} has not started yet; waiting for it\n"
            case Still():
                written.is_live = True
