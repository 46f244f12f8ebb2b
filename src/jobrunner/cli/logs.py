"""`jobrunner logs`: what a run wrote."""

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from itertools import chain

import click
from msgspec import Struct

from jobrunner.cli import output, pager, timezone
from jobrunner.cli.caller import asker
from jobrunner.cli.escape import RESET, Safe
from jobrunner.cli.margin import Margin, Seen
from jobrunner.cli.option import Globals, global_options
from jobrunner.clock import Clock
from jobrunner.config.spelling import shown
from jobrunner.engine.actions.follow import Began, Ended, Event, Over, Still, follow
from jobrunner.engine.actions.roof import archive
from jobrunner.engine.actions.tail import Cut, Unseen, Wrote
from jobrunner.engine.past import log, tell
from jobrunner.engine.past.choose import choose
from jobrunner.engine.past.log import Log
from jobrunner.engine.report.words import readable
from jobrunner.engine.scene import Scene
from jobrunner.errors import ForbiddenError
from jobrunner.model.run import Attempt, Run
from jobrunner.words import short


@click.command()
@click.argument("run")
@click.option("--attempt", type=click.IntRange(min=1), help="That attempt, not the last one.")
@click.option("--tail", type=click.IntRange(min=1), metavar="LINES", help="Only the last lines.")
@click.option("-f", "--follow", "is_live", is_flag=True, help="Go on until the run ends.")
@click.option("--raw", is_flag=True, help="The bytes as they were written, and nothing else.")
@click.option(
    "--times/--no-times",
    "is_timed",
    default=None,
    help="When each line was first seen; on a terminal it is shown anyway.",
)
@click.option("--no-pager", is_flag=True, help="Do not page what does not fit on the screen.")
@global_options
@click.pass_obj
def command(
    settings: Globals,
    *,
    run: str,
    attempt: int | None,
    tail: int | None,
    is_live: bool,
    raw: bool,
    is_timed: bool | None,
    no_pager: bool,
) -> None:
    """Show what a run wrote.

    RUN is a number (1284), a job (backup: its latest run; backup~1: the one before), or a job and
    a state (backup@running).  What a terminal would act on is spelt out, but for colours.  The time
    of a line is that at which it was first seen, mostly a tenth of a second after it was written.

    \b
    Examples:
      jobrunner logs backup
      jobrunner logs backup~1 --tail 20
      jobrunner logs -f backup@running
      jobrunner logs 1284 --attempt 2 --raw > output.log
    """
    with archive(settings.config, asker()) as here:
        found = choose(run, here.store, here.config.jobs)
        is_framed = output.is_terminal() and not raw
        view = View(
            here=here,
            clock=settings.clock,
            is_raw=raw,
            is_framed=is_framed,
            is_timed=(is_framed if is_timed is None else is_timed) and not raw,
            colour=output.is_coloured(),
        )
        if is_live and found.state.is_live:
            first = attempt or max(1, found.attempts)
            events = _from(follow(here, found.id, settings.clock), first, only=attempt is not None)
            pieces = _told(view, _tailed(events, tail), found, is_whole=tail is None)
        else:
            pieces = _kept(view, found, log.attempt_of(here, found, attempt), tail)
        pager.show(pieces, wanted=is_framed and not (is_live or no_pager))


class View(Struct, frozen=True, kw_only=True):
    """How an output is wanted: as bytes, in a frame, with the time of each line, in colour."""

    here: Scene
    clock: Clock
    is_raw: bool
    is_framed: bool
    is_timed: bool
    colour: bool

    def safe(self, run: Run) -> Safe:
        return Safe(self.here.config.jobs.get(run.job), raw=self.is_raw, colour=self.colour)

    def margin(self, run: Run, attempt: Attempt, seen: Seen) -> Margin:
        job = self.here.config.jobs.get(run.job)
        return Margin(job, seen, timezone.of(job), attempt.started_at, colour=self.colour)


# -- what was written


def _kept(view: View, run: Run, attempt: Attempt, tail: int | None) -> Iterator[pager.Piece]:
    here = view.here
    with log.opened(here, run, attempt) as kept:
        seen = log.seen(here, run, attempt) if view.is_timed else None
        if seen is None:
            safe = view.safe(run)
            pieces: Iterable[pager.Piece] = safe.of([kept.last(tail)[1]] if tail else kept.pieces())
        else:
            placed = [kept.last(tail)] if tail else kept.placed()
            pieces = _timed(placed, view.margin(run, attempt, seen))
        if not view.is_framed:
            yield from pieces
            return
        yield _head(here, run, attempt)
        yield from _closed(pieces)
        yield _foot(run, attempt, kept)


def _timed(placed: Iterable[tuple[int | None, bytes]], margin: Margin) -> Iterator[str]:
    """The lines of an output with their times; a line of ours has none."""
    for place, piece in placed:
        is_ours = place is None and piece.startswith(b"\n...")
        yield margin.remark(piece.decode().strip()) if is_ours else margin.feed(piece, place)
    yield margin.end()


def _closed(pieces: Iterable[pager.Piece]) -> Iterator[pager.Piece]:
    """The text, with a line end where its last line has none."""
    is_closed = True
    for piece in pieces:
        yield piece
        is_closed = _closes(piece, before=is_closed)
    if not is_closed:
        yield "\n"


def _closes(piece: pager.Piece, *, before: bool) -> bool:
    """Whether a line has ended with this piece."""
    text = str(piece).removesuffix(RESET)
    return text.endswith("\n") if text else before


# -- what is being written


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
        self._clock = view.clock
        self._safe = view.safe(run)
        self._margin = view.margin(run, timed, self._seen) if timed else None
        self._noted = log.seen(view.here, run, timed) if timed and is_whole else None
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
                is_closed = _closes(piece, before=is_closed)
                yield piece
            case Unseen():
                raise ForbiddenError(f"{event.reason}.")
            case Ended():
                piece = written.end()
                yield piece
                if is_framed:
                    is_closed = _closes(piece, before=is_closed)
                    yield _ended(here, event) if is_closed else f"\n{_ended(here, event)}"
                is_closed = True
            case Began():
                written = Shown(view, event.run, event.attempt, is_whole=is_whole)
                if is_framed:
                    yield _head(here, event.run, event.attempt)
            case Still(attempt=None) if is_framed and not is_waiting:
                is_waiting = True
                yield f"{event.run.job} #{event.run.id} has not started yet; waiting for it\n"
            case Still():
                written.is_live = True


def _ended(here: Scene, event: Ended) -> str:
    again = event.next_at
    zone = _zone(here, event.run)
    more = f"; attempt {event.attempt.number + 1} at {_second(again, zone)}" if again else ""
    result = output.tinted(event.attempt.state, tell.result(event.attempt, in_words=False))
    return f"  {result}{_took(event.attempt)}{more}\n"


# -- the frame


def _head(here: Scene, run: Run, attempt: Attempt) -> str:
    """The line above an output, and below it what is known beside the output."""
    zone = _zone(here, run)
    job = here.config.jobs.get(run.job)
    most = max(run.attempts, 1 + job.retry.attempts if job else 0)
    day = attempt.started_at.astimezone(zone)
    result = output.tinted(attempt.state, tell.result(attempt, in_words=False))
    parts = f"{result}{_took(attempt)}, attempt {attempt.number} of {most}"
    lines = [f"{run.job} #{run.id}  {day:%a %Y-%m-%d %H:%M:%S %Z}  {parts}"]
    notes = dict.fromkeys(filter(None, (tell.beyond(attempt), attempt.message, attempt.error)))
    return "".join(f"{line}\n" for line in chain(lines, (f"  {shown(note)}" for note in notes)))


def _foot(run: Run, attempt: Attempt, kept: Log) -> str:
    hints = []
    if attempt.number > 1:
        earlier = f"1..{attempt.number - 1}" if attempt.number > 2 else "1"  # noqa: PLR2004 - one
        hints.append(f"earlier attempts: --attempt {earlier}")
    hints.append("raw: --raw")
    if run.state.is_live:
        hints.append("follow: -f")
    size = f"{readable(kept.kept)} kept of {readable(kept.size)}" if kept.size else "no output"
    return f"  ({'; '.join([size, *hints])})\n"


def _took(attempt: Attempt) -> str:
    return f", {short(attempt.duration)}" if attempt.duration is not None else ""


def _second(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M:%S}"


def _zone(here: Scene, run: Run) -> tzinfo:
    return timezone.of(here.config.jobs.get(run.job))
