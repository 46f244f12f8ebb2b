"""The frame of an output on a terminal: what stands above and below it, and how it is wanted."""

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from itertools import chain

from msgspec import Struct

from jobrunner.cli import output, pager, timezone
from jobrunner.cli.escape import RESET, Safe
from jobrunner.cli.margin import Margin, Seen
from jobrunner.cli.side import Side
from jobrunner.config.spelling import shown
from jobrunner.engine.actions.follow import Ended
from jobrunner.engine.past import tell
from jobrunner.engine.past.log import Log
from jobrunner.engine.report.words import readable
from jobrunner.engine.scene import Scene
from jobrunner.model.run import Attempt, Run
from jobrunner.words import short


class View(Struct, frozen=True, kw_only=True):
    """How an output is wanted: as bytes, in a frame, with the time of each line, in colour."""

    side: Side
    is_raw: bool
    is_framed: bool
    is_timed: bool
    colour: bool

    @property
    def here(self) -> Scene:
        return self.side.scene

    def safe(self, run: Run) -> Safe:
        return Safe(self.here.config.jobs.get(run.job), raw=self.is_raw, colour=self.colour)

    def margin(self, run: Run, attempt: Attempt, seen: Seen) -> Margin:
        job = self.here.config.jobs.get(run.job)
        return Margin(job, seen, timezone.of(job), attempt.started_at, colour=self.colour)


def head(here: Scene, run: Run, attempt: Attempt) -> str:
    """The line above an output, and below it what is known beside the output."""
    zone = _zone(here, run)
    job = here.config.jobs.get(run.job)
    most = max(run.attempts, 1 + job.retry.attempts if job else 0)
    day = attempt.started_at.astimezone(zone)
    result = output.tinted(attempt.state, tell.result(attempt, in_words=False))
    where = f" on {attempt.host}" if here.is_shared and attempt.host else ""
    parts = f"{result}{where}{_took(attempt)}, attempt {attempt.number} of {most}"
    lines = [f"{run.job} #{run.id}  {day:%a %Y-%m-%d %H:%M:%S %Z}  {parts}"]
    notes = dict.fromkeys(filter(None, (tell.beyond(attempt), attempt.message, attempt.error)))
    return "".join(f"{line}\n" for line in chain(lines, (f"  {shown(note)}" for note in notes)))


def foot(run: Run, attempt: Attempt, kept: Log) -> str:
    hints = []
    if attempt.number > 1:
        earlier = f"1..{attempt.number - 1}" if attempt.number > 2 else "1"  # noqa: PLR2004 - one
        hints.append(f"earlier attempts: --attempt {earlier}")
    hints.append("raw: --raw")
    if run.state.is_live:
        hints.append("follow: -f")
    size = f"{readable(kept.kept)} kept of {readable(kept.size)}" if kept.size else "no output"
    return f"  ({'; '.join([size, *hints])})\n"


def ended(here: Scene, event: Ended) -> str:
    again = event.next_at
    zone = _zone(here, event.run)
    more = f"; attempt {event.attempt.number + 1} at {_second(again, zone)}" if again else ""
    result = output.tinted(event.attempt.state, tell.result(event.attempt, in_words=False))
    return f"  {result}{_took(event.attempt)}{more}\n"


def closed(pieces: Iterable[pager.Piece]) -> Iterator[pager.Piece]:
    """The text, with a line end where its last line has none."""
    is_closed = True
    for piece in pieces:
        yield piece
        is_closed = closes(piece, before=is_closed)
    if not is_closed:
        yield "\n"


def closes(piece: pager.Piece, *, before: bool) -> bool:
    """Whether a line has ended with this piece."""
    text = str(piece).removesuffix(RESET)
    return text.endswith("\n") if text else before


def _took(attempt: Attempt) -> str:
    return f", {short(attempt.duration)}" if attempt.duration is not None else ""


def _second(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%H:%M:%S}"


def _zone(here: Scene, run: Run) -> tzinfo:
    return timezone.of(here.config.jobs.get(run.job))
