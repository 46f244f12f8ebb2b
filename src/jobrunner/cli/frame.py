"""One frame of `jobrunner watch`, as lines: what goes on, what comes, what just ended."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct

from jobrunner.cli import output, table
from jobrunner.cli.moment import ago
from jobrunner.config.spelling import shown
from jobrunner.engine.actions.told import bar
from jobrunner.engine.report.live import Going, Live, Soon
from jobrunner.engine.report.words import readable
from jobrunner.model.run import Run, State
from jobrunner.words import short

BAR = 18  # cells
FAR = timedelta(hours=12)
KEYS = "q quit   up/down select   l logs   s stop   r run again"
ARROWS = "q quit   ↑↓ select   l logs   s stop   r run again"
WAITING = {State.QUEUED: "waits for its turn", State.RETRYING: "waits to try again"}
# What a job wrote, made safe to look at.
Safe = Callable[[str, bytes], str]


class View(Struct, kw_only=True):
    """What its reader chose: a run, its log, a question that is open."""

    zone: tzinfo
    safe: Safe
    selected: int | None = None
    log: tuple[str, bytes] | None = None
    question: str = ""


def runs_of(live: Live) -> list[Run]:
    """The runs that can be selected, from the top down."""
    return [*(going.run for going in live.going), *live.done]


def frame(live: Live, view: View, lines: int, *, keys: bool) -> list[str]:
    """As many lines as there is room for, none wider than the terminal."""
    top = [_head(live, view.zone), *_going(live, view), *_rest(live, view)]
    bottom = [output.style(_bottom(view), dim=True)] if keys else []
    room = lines - len(bottom)
    return [table.cut(line) for line in [*top, *_log(view, room - len(top))][:room] + bottom]


def _bottom(view: View) -> str:
    return f" {view.question or (KEYS if output.is_plain() else ARROWS)}"


def _head(live: Live, zone: tzinfo) -> str:
    now = live.now.astimezone(zone)
    counts = [sum(going.run.state is State.RUNNING for going in live.going)]
    counts += [len(live.going) - counts[0], live.failing]
    told = ", ".join(
        f"{n} {word}" for n, word in zip(counts, ("running", "queued", "failing"), strict=True)
    )
    tick = f"last tick {ago(live.last_tick_at, live.now)}" if live.last_tick_at else "no tick yet"
    head = f"jobrunner on {shown(live.host)}   {now:%a %H:%M:%S %Z}   {tick}   {told}"
    return output.style(head, bold=True)


def _going(live: Live, view: View) -> Iterator[str]:
    if not live.going:
        yield "   nothing runs"
        return
    cells = [_cells(going, view) for going in live.going]
    header = ("RUN", "JOB", "ELAPSED", "OF USUAL", "OUTPUT")
    widths = [max(map(table.seen_width, column)) for column in zip(header, *cells, strict=True)]
    yield output.style("   " + _joined(header, widths), bold=True)
    for going, row in zip(live.going, cells, strict=True):
        line = f" {output.sign(going.run.state)} {_joined(row, widths)}"
        yield _marked(line, is_chosen=going.run.id == view.selected)


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    pairs = zip(cells, widths, strict=True)
    return "  ".join(table.padded(cell, width) for cell, width in pairs).rstrip()


def _cells(going: Going, view: View) -> tuple[str, ...]:
    run = going.run
    if going.spent is None:
        return f"#{run.id}", shown(run.job), "-", "", WAITING.get(run.state, "")
    last = view.safe(run.job, going.tail).rstrip("\n").rpartition("\n")[2]
    size = f"{readable(going.size)} out" if going.size and not last else ""
    return f"#{run.id}", shown(run.job), short(going.spent), _usual(going), last or size


def _usual(going: Going) -> str:
    if not going.p50 or going.spent is None:
        return ""
    share = going.spent / going.p50
    slow = f" above p95 ({short(going.p95)})" if going.p95 and going.spent > going.p95 else ""
    return f"{bar(share, plain=output.is_plain(), cells=BAR)} {share:.0%}{slow}"


def _rest(live: Live, view: View) -> Iterator[str]:
    if live.soon:
        yield "   soon:  " + "   ".join(_soon(slot, live.now, view.zone) for slot in live.soon)
    for number, run in enumerate(live.done):
        label = "   done:  " if not number else "          "
        yield _marked(f"{label}{_done(run, view.zone)}", is_chosen=run.id == view.selected)


def _soon(slot: Soon, now: datetime, zone: tzinfo) -> str:
    at = slot.scheduled_for.astimezone(zone)
    day = f"{at:%a} " if slot.scheduled_for - now > FAR else ""
    note = f" ({slot.note})" if slot.note else ""
    return f"{day}{at:%H:%M} {shown(slot.job)}{note}"


def _done(run: Run, zone: tzinfo) -> str:
    ended = (run.finished_at or run.created_at).astimezone(zone)
    took = f" {short(run.duration)}" if run.duration is not None else ""
    why = "" if run.state is State.SUCCESS else f"  {run.reason or run.state}"
    return f"{ended:%H:%M} {output.sign(run.state)} {shown(run.job)}{took}{shown(why)}"


def _log(view: View, room: int) -> list[str]:
    """The end of what the chosen run wrote, as far as there is room."""
    if view.log is None or room < 2:  # noqa: PLR2004 - a heading and a line
        return []
    text = view.safe(*view.log).rstrip("\n")
    lines = text.split("\n")[1 - room :] if text else ["nothing was written"]
    return [output.style("   log:", bold=True), *(f"   {line}" for line in lines)]


def _marked(line: str, *, is_chosen: bool) -> str:
    return f">{line[1:]}" if is_chosen else line
