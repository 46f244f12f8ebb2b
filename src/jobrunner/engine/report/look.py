"""Asks the ledger, the disk and the supervisor for what the views are made of."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from msgspec.structs import replace

from jobrunner.config.problem import ConfigError
from jobrunner.engine import plan
from jobrunner.engine.load import STDIN, load
from jobrunner.engine.report.detail import DAYS, SHOWN_RUNS, Detail, detail
from jobrunner.engine.report.facts import facts
from jobrunner.engine.report.health import Overall, Past, Supervisor, Watch, health
from jobrunner.engine.report.host import peers
from jobrunner.engine.report.origin import origin
from jobrunner.engine.report.overview import RECENT
from jobrunner.engine.scene import Scene, host_of, scene_of
from jobrunner.engine.state import State
from jobrunner.engine.ticks import last_tick
from jobrunner.engine.wake import poke
from jobrunner.errors import BusyError, JobrunnerError
from jobrunner.jobfile.disk import Disk
from jobrunner.jobfile.place import Asker, find_jobs, find_state
from jobrunner.model.job import Job
from jobrunner.model.run import State as RunState
from jobrunner.model.settings import Config
from jobrunner.store.base import Store
from jobrunner.store.value import Gap, RunFilter

DAY = timedelta(days=1)
# One tick may be left out for a moment's load.
LONG = timedelta(minutes=3)
PATIENCE = 2.0  # seconds


def see_job(scene: Scene, job: Job, asker: Asker, now: datetime) -> Detail:
    """One job in full."""
    figures = scene.store.statistics(now - DAYS * DAY, job.name)
    known = facts(scene.store, [job.name], max(RECENT, SHOWN_RUNS))
    return detail(job, known, figures, origin(job, Disk(asker.uid)), now)


def every(_job: str) -> bool:
    """Who looks on this host sees every job."""
    return True


def see_host(
    scene: Scene,
    now: datetime,
    *,
    supervisor: Supervisor,
    problem: str = "",
    sees: Callable[[str], bool] = every,
) -> Overall:
    """Whether all is well on this host; `problem` is why not what jobs.toml says is in force.

    Runs are counted of the jobs that are seen.
    """
    store, config = scene.store, scene.config
    failing = [name for name, one in store.health().items() if one.failures and name in config.jobs]
    last_tick_at, gaps = _ticks(store, now)
    watch = Watch(
        host=host_of(config.settings),
        last_tick_at=last_tick_at,
        gaps=gaps,
        supervisor=supervisor,
        database=scene.ledger,
        database_bytes=store.size(),
        problem=problem,
        hosts=peers(scene),
    )
    known = facts(store, failing, 1)
    seen = replace(known, live=[run for run in known.live if sees(run.job)])
    return health(config, seen, _past(store, failing, now), watch, now)


def supervisor_of(state: State, patience: float = PATIENCE) -> Supervisor:
    """Whether the supervisor is awake; unknown to users that may not ring."""
    try:
        if poke(state, "look", patience):
            return "awake"
    except BusyError:
        return "silent"
    folder = os.path.dirname(state.socket)  # noqa: PTH120 - paths are strings here
    return "asleep" if os.access(folder, os.X_OK) else "unknown"


@contextmanager
def in_force(option: str | None, asker: Asker) -> Iterator[tuple[Scene, str]]:
    """What is acted on, and why that is not what jobs.toml says now, if it is not.

    Raises what is wrong with the file if no version of it was ever good.
    """
    config, problem = _config(option, asker)
    with scene_of(config, asker) as opened:
        yield opened, problem


def _config(option: str | None, asker: Asker) -> tuple[Config, str]:
    try:
        return load(option, asker), ""
    except JobrunnerError as error:
        if option == STDIN:
            raise
        path = find_jobs(option, asker).path
        # A folder that the broken file itself names cannot be known; nothing is kept elsewhere.
        state = State(find_state(path, asker).path)
        told = error.summary() if isinstance(error, ConfigError) else str(error)
        return plan.read(path, state, asker).config, told


def _past(store: Store, names: list[str], now: datetime) -> Past:
    """What failing jobs were before; with none, nothing is asked."""
    if not names:
        return Past()
    last = {
        name: store.runs(RunFilter(job=name, states=(RunState.SUCCESS,), limit=1)) for name in names
    }
    return Past(
        successes={name: found[0] for name, found in last.items() if found},
        usual=store.usual(names, now - DAYS * DAY, now),
    )


def _ticks(store: Store, now: datetime) -> tuple[datetime | None, list[Gap]]:
    """When the last tick was, and the long pauses between the ticks of the last day.

    The pause that still lasts is none of them: the age of the last tick tells it.
    """
    last, pauses = last_tick(store, now, DAY)
    return last, [gap for gap in pauses if gap.until - gap.since > LONG]
