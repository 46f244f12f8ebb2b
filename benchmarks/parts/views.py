"""What pages ask of the engine, each a call: for a scene with many jobs and a past."""

from datetime import timedelta
from itertools import islice

from jobrunner.config.zone import host_zone
from jobrunner.engine.past.rows import Wanted, runs
from jobrunner.engine.report.board import see_board
from jobrunner.engine.report.calendar import see_calendar
from jobrunner.engine.report.chart import see_chart
from jobrunner.engine.report.letters import see_letters
from jobrunner.model.run import State, Trigger

PAGE = 51


def views(scene, now):
    """Each view by its name."""
    store, jobs, zone = scene.store, scene.config.jobs, host_zone().info
    names = tuple(jobs)
    one, half = names[5], frozenset(names[::2])
    first = now.date().replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    def board(**wanted):
        return lambda: see_board(scene, now, supervisor="asleep", **wanted)

    def page(**wanted):
        return lambda: list(islice(runs(store, Wanted(**wanted), PAGE), PAGE))

    return {
        "board": board(),
        "board, two words": board(q=f"{one[:-1]} success"),
        "board, half of the jobs": board(sees=half.__contains__),
        "chart of a job": lambda: see_chart(store, one, jobs[one], now, zone),
        "calendar of a month": lambda: see_calendar(scene, now, first, last, zone),
        "letters": lambda: see_letters(store, jobs, now, zone),
        "letters, failed": lambda: see_letters(store, jobs, now, zone, fate="failed"),
        "runs": page(),
        "runs, going on": page(states=(State.RUNNING,)),
        "runs, by hand": page(trigger=Trigger.MANUAL),
        "runs, failures of a job": page(jobs=(one,), states=(State.FAILED,)),
        "runs, half of the jobs": page(jobs=names[::2]),
        "runs, failures of half": page(jobs=names[::2], states=(State.FAILED,)),
        "pulse": store.pulse,
    }
