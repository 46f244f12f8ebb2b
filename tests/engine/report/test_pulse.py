"""Whether anything has changed that is shown."""

from types import SimpleNamespace

from jobrunner.engine.report.pulse import pulse_of
from jobrunner.model.run import State
from jobrunner.model.settings import Config
from tests.build import make_job
from tests.engine.report.ledger import MINUTE, NOON, ended, queued, started

PRINTS = ("one file",)


def pulse(store, *names, prints=PRINTS):
    jobs = {name: make_job(name=name) for name in ("ant", "mole")}
    here = SimpleNamespace(store=store, config=Config(origin="jobs.toml", jobs=jobs))
    return pulse_of(here, prints, names.__contains__ if names else None)


def test_it_changes_with_each_step_of_a_run_and_else_stays(store):
    found = [pulse(store), pulse(store)]
    run = queued(store, "ant")
    found.append(pulse(store))
    run = started(store, run, NOON)
    found.append(pulse(store))
    ended(store, run, State.SUCCESS, NOON + MINUTE)
    found.append(pulse(store))
    assert found[0] == found[1]
    assert len({*found}) == 4


def test_it_changes_with_the_files_that_declare_jobs(store):
    assert pulse(store) != pulse(store, prints=("another file",))


def test_of_some_jobs_it_does_not_change_with_the_others(store):
    before = pulse(store, "ant")
    queued(store, "mole")
    assert pulse(store, "ant") == before
    queued(store, "ant")
    assert pulse(store, "ant") != before
