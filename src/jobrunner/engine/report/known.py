"""What the ledger knows of jobs that are to come: pauses, marks, what runs, what is usual."""

from datetime import datetime

from jobrunner.engine.agenda import pause_of, wherever
from jobrunner.engine.ahead import Known
from jobrunner.engine.figures.load import usual_times
from jobrunner.engine.scene import ledger_if_any, location_of
from jobrunner.jobfile.place import Asker
from jobrunner.model.settings import Config
from jobrunner.store.base import Store
from jobrunner.store.value import Subjects


def known(config: Config, asker: Asker, now: datetime) -> Known:
    """What there is to know; nothing where no ledger is: to look ahead makes none."""
    with ledger_if_any(location_of(config, asker)) as store:
        return known_to(store, config, now) if store else Known()


def known_to(store: Store, config: Config, now: datetime, job: Subjects = None) -> Known:
    """What an open ledger knows of the jobs that are declared, or of what is asked of some."""
    health = store.health()
    pauses = {name: pause_of(name, health, now) for name in config.jobs}
    return Known(
        marks={job: mark for (job, _), mark in wherever(store.marks()).items()},
        pauses={name: pause for name, pause in pauses.items() if pause and pause.holds(now)},
        usual=usual_times(store, now, job),
        busy={run.job for run in store.live()},
    )
