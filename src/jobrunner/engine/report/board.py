"""The first page: what needs somebody, the host in numbers, the time around now, the jobs."""

from datetime import datetime, timedelta

from msgspec import Struct

from jobrunner.engine.report.attention import Attention, see_attention
from jobrunner.engine.report.health import Supervisor
from jobrunner.engine.report.line import Lines, see_lines
from jobrunner.engine.report.search import Sees, found, visible
from jobrunner.engine.report.standing import standing
from jobrunner.engine.report.sums import Sums, see_sums
from jobrunner.engine.report.timeline import Timeline, see_timeline
from jobrunner.engine.scene import Scene
from jobrunner.engine.ticks import last_tick

DAY = timedelta(days=1)
PAGE = 100


class Board(Struct, frozen=True, kw_only=True):
    """A host at one moment."""

    last_tick_at: datetime | None
    attention: Attention
    sums: Sums
    timeline: Timeline
    lines: Lines


def see_board(
    scene: Scene,
    now: datetime,
    *,
    supervisor: Supervisor,
    problem: str = "",
    sees: Sees | None = None,
    q: str = "",
    page: int = 1,
    at_once: int = PAGE,
) -> Board:
    """Everything that the first page shows to somebody who `sees` some jobs alone, or all.

    The numbers and what needs somebody are of all of them, the rest of those that have the words
    of `q`.
    """
    store = scene.store
    jobs = visible(scene.config.jobs.values(), sees)
    known = standing(store, now)
    wanted = found(store, jobs, q, known, now)
    last_tick_at = last_tick(store, now, DAY)[0]
    attention = see_attention(
        scene,
        jobs,
        known,
        now,
        last_tick_at=last_tick_at,
        supervisor=supervisor,
        problem=problem,
        has_all=sees is None,
    )
    return Board(
        last_tick_at=last_tick_at,
        attention=attention,
        sums=see_sums(store, jobs, known, now, are_all=sees is None),
        timeline=see_timeline(store, wanted, known, now),
        lines=see_lines(store, wanted, known, now, page=page, at_once=at_once),
    )
