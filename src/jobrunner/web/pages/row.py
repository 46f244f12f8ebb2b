"""Runs as rows of a page's table: each with how it ended, and what asked for it, in words."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from msgspec import Struct

from jobrunner.config.zone import zone_of
from jobrunner.engine.past import tell
from jobrunner.model.run import Run
from jobrunner.web.call import Call


class Row(Struct, frozen=True, kw_only=True):
    """One run, or one stretch of slots that did not run; `how` says more than its state does."""

    run: Run
    how: str
    asked: str


def rows_of(call: Call, runs: Iterable[Run]) -> Sequence[Row]:
    """The rows of these runs, in their order."""
    return [_row(call, run) for run in runs]


def _row(call: Call, run: Run) -> Row:
    job = call.scene.config.jobs.get(run.job)
    zone = zone_of(job)
    return Row(run=run, how=_how(run), asked=asked_for(call, run, zone.info))


def asked_for(call: Call, run: Run, zone: tzinfo) -> str:
    """What asked for a run; a job that the visitor may not see is not named."""
    before, mark, number = run.asked_by.rpartition("#")
    if run.follows is not None and mark and number and not call.sees(before.rstrip()):
        return "after another job"
    return tell.trigger(run, zone)


def _how(run: Run) -> str:
    """The reason, what the job said of itself, or else the exit code."""
    told = tell.beyond(run) or run.message or run.error
    return told or (f"exit {tell.exit_of(run)}" if run.exit_code else "")
