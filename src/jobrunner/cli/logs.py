"""`jobrunner logs`: what a run wrote."""

from collections.abc import Iterable, Iterator

import click

from jobrunner.cli import output, pager
from jobrunner.cli.logsheet import View, closed, foot, head
from jobrunner.cli.logtail import live
from jobrunner.cli.margin import Margin
from jobrunner.cli.near import side
from jobrunner.cli.option import Globals, global_options
from jobrunner.engine.actions.roof import archive
from jobrunner.engine.past import log
from jobrunner.engine.past.choose import choose
from jobrunner.model.run import Attempt, Run


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
    with side(settings, archive) as there:
        here = there.scene
        found = choose(run, here.store, here.config.jobs)
        is_framed = output.is_terminal() and not raw
        view = View(
            side=there,
            is_raw=raw,
            is_framed=is_framed,
            is_timed=(is_framed if is_timed is None else is_timed) and not raw,
            colour=output.is_coloured(),
        )
        if is_live and found.state.is_live:
            first = attempt or max(1, found.attempts)
            events = there.follow(found.id, only=attempt, from_first=False)
            only = attempt is not None
            pieces = live(view, events, found, first, only=only, tail=tail)
        else:
            pieces = _kept(view, found, log.attempt_of(here, found, attempt), tail)
        pager.show(pieces, wanted=is_framed and not (is_live or no_pager))


def _kept(view: View, run: Run, attempt: Attempt, tail: int | None) -> Iterator[pager.Piece]:
    there = view.side
    with there.opened(run, attempt) as kept:
        seen = there.seen(run, attempt) if view.is_timed else None
        if seen is None:
            safe = view.safe(run)
            pieces: Iterable[pager.Piece] = safe.of([kept.last(tail)[1]] if tail else kept.pieces())
        else:
            placed = [kept.last(tail)] if tail else kept.placed()
            pieces = _timed(placed, view.margin(run, attempt, seen))
        if not view.is_framed:
            yield from pieces
            return
        yield head(there.scene, run, attempt)
        yield from closed(pieces)
        yield foot(run, attempt, kept)


def _timed(placed: Iterable[tuple[int | None, bytes]], margin: Margin) -> Iterator[str]:
    """The lines of an output with their times; a line of ours has none."""
    for place, piece in placed:
        is_ours = place is None and piece.startswith(b"\n...")
        yield margin.remark(piece.decode().strip()) if is_ours else margin.feed(piece, place)
    yield margin.end()
