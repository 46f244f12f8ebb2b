"""What is taken away from a state folder, and what is left alone."""

import os
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from jobrunner.engine.state import State, prepare
from jobrunner.engine.upkeep import Swept, in_steps, prune, retention
from jobrunner.model import run as model
from jobrunner.model.settings import Config, Retention, Settings
from jobrunner.model.value import Duration, Size
from jobrunner.store import migrate_store, open_store
from jobrunner.store.value import Keep, RunFilter
from tests.build import NOON, FakeClock, make_job
from tests.store.life import HOUR, ended, running

DAY = timedelta(days=1)
BLOCK = 4096


@pytest.fixture
def state(tmp_path):
    state = State(str(tmp_path))
    prepare(state)
    migrate_store(state.ledger)
    return state


@pytest.fixture
def store(state):
    with closing(open_store(state.ledger)) as store:
        yield store


def config(*jobs, **retention):
    settings = Settings(retention=Retention(**retention))
    return Config(origin="jobs.toml", settings=settings, jobs={job.name: job for job in jobs})


def write(path, changed_at=NOON, blocks=1):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(b"x" * (blocks * BLOCK))
    os.utime(path, (changed_at.timestamp(), changed_at.timestamp()))
    return path


def output(state, run, attempt=1, **what):
    return write(state.output_path(state.output(run, attempt)), **what)


def pruned(store, state, *jobs, now=NOON + HOUR, **retention):
    return prune(store, state, config(*jobs, **retention), now, FakeClock())


def left(*paths):
    return [Path(path).exists() for path in paths]


def test_the_rules_of_the_file_are_those_of_the_ledger():
    rules = retention(config(make_job(name="often", keep_runs=9), make_job(), runs=5))
    assert (rules.of("often"), rules.of("backup")) == (
        Keep(9, timedelta(days=90)),
        Keep(5, timedelta(days=90)),
    )


def test_what_other_hosts_are_shown_stays_as_long_as_logs_do():
    assert retention(config(logs=Duration(days=3))).output == timedelta(days=3)


def test_a_row_takes_its_outputs_along(store, state):
    names = [state.output(number, 1) for number in (1, 2, 3)]
    for name in names:
        ended(store, model.State.SUCCESS, output=name)
    paths = [output(state, number) for number in (1, 2, 3)]
    told = pruned(store, state, runs=1)
    assert (told.rows, told.outputs, told.bytes) == (2, 2, 2 * BLOCK)
    assert left(*paths) == [False, False, True]


@pytest.mark.parametrize("name", ["../db/ledger.db", "/etc/passwd", "0/../../run/x", "0/1-1.log/"])
def test_a_name_in_the_ledger_leads_nowhere_else(store, state, name):
    for _ in range(2):
        ended(store, model.State.SUCCESS, output=name)
    precious = write(f"{state.folder}/run/x")
    assert pruned(store, state, runs=1).outputs == 0
    assert left(precious, state.ledger) == [True, True]


def test_a_name_in_the_ledger_does_not_lead_to_the_output_of_a_live_run(store, state):
    alive = running(store, job="report")
    for _ in range(2):
        ended(store, model.State.SUCCESS, output=state.output(alive.id, 1))
    path = output(state, alive.id, changed_at=NOON - 99 * DAY, blocks=9)
    assert pruned(store, state, runs=1, total_logs=Size(1)).outputs == 0
    assert left(path) == [True]


def test_old_outputs_go_though_their_runs_stay(store, state):
    ended(store, model.State.SUCCESS, output=state.output(1, 1))
    old = output(state, 1, changed_at=NOON - 31 * DAY)
    young = output(state, 1, 2, changed_at=NOON - 29 * DAY)
    assert pruned(store, state).outputs == 1
    assert left(old, young) == [False, True]
    assert len(store.runs(RunFilter())) == 1


def test_what_was_noted_beside_an_output_goes_with_it(store, state):
    ended(store, model.State.SUCCESS)
    old, new = (
        output(state, 1, number, changed_at=at)
        for number, at in enumerate((NOON - 400 * DAY, NOON))
    )
    notes = [write(state.sightings(path)) for path in (old, new)]
    assert pruned(store, state).outputs == 1
    assert left(old, new, *notes) == [False, True, False, True]


def test_of_too_much_output_the_oldest_goes(store, state):
    paths = [output(state, run, changed_at=NOON - run * HOUR, blocks=2) for run in (3, 1, 2)]
    told = pruned(store, state, total_logs=Size(4 * BLOCK))
    assert (told.outputs, left(*paths)) == (1, [False, True, True])


def test_outputs_just_within_the_bound_stay(store, state):
    paths = [output(state, run, blocks=2) for run in (1, 2)]
    assert pruned(store, state, total_logs=Size(4 * BLOCK)).outputs == 0
    assert left(*paths) == [True, True]


def test_what_ended_attempts_left_goes_after_two_days(store, state):
    alive = running(store)
    old, young = NOON - 3 * DAY, NOON - DAY
    spools = [state.spool(alive.id, 1), state.spool(90, 1), state.spool(91, 1)]
    results = [state.result(alive.id, 1), state.result(90, 1), state.result(91, 1)]
    for path, changed_at in zip(spools + results, [old, old, young] * 2, strict=True):
        write(path, changed_at)
    assert pruned(store, state).orphans == 2
    assert left(*spools, *results) == [True, False, True] * 2


def test_what_is_none_of_ours_stays(store, state):
    old = NOON - 999 * DAY
    names = ("output/README", "output/0/1-1.log.gz", "output/x/1-1.log", "run/spool/note")
    paths = [write(f"{state.folder}/{name}", old) for name in names]
    assert pruned(store, state) == Swept()
    assert left(*paths) == [True] * 4


def test_empty_folders_go_but_for_those_that_are_in_use(store, state):
    alive = running(store)
    for run in (alive.id, 1000, 2000, 3000, 4000):
        output(state, run, changed_at=NOON - (31 * DAY if run in {1000, 4000} else DAY))
    pruned(store, state)
    folders = Path(state.folder, "output").iterdir()
    assert sorted(folder.name for folder in folders) == ["0", "2", "3", "4"]


def test_a_state_folder_without_anything_is_pruned_too(store, state):
    for name in ("output", "result", "run/spool"):
        Path(state.folder, name).rmdir()
    assert pruned(store, state) == Swept()


def test_what_was_taken_away_is_told_in_words():
    assert str(Swept(rows=1200, outputs=1, bytes=4096, orphans=0)) == (
        "1,200 rows, 1 output of 4,096 bytes and 0 files of ended attempts"
    )


def test_pruning_twice_takes_nothing_more(store, state):
    for number in (1, 2, 3):
        ended(store, model.State.SUCCESS, output=state.output(number, 1))
        output(state, number)
    pruned(store, state, runs=1, logs=Duration(days=1))
    assert pruned(store, state, runs=1, logs=Duration(days=1)) == Swept()


def test_old_files_of_the_log_folder_go_with_the_logs(store, state, tmp_path):
    folder = tmp_path / "logs"
    for name, age in (("old", 40), ("new", 3)):
        path = write(folder / f"{name}-2026-10-01.log", NOON - age * DAY)
        path.write_text(f"=== 2026-10-01T00:00:00+00:00 {name} #1 attempt 1\n")
        os.utime(path, ((NOON - age * DAY).timestamp(),) * 2)
    settings = Settings(log_dir=str(folder))
    swept = prune(store, state, Config(origin="", settings=settings), NOON, FakeClock())
    assert (swept.logs, [file.name[:3] for file in folder.iterdir()]) == (1, ["new"])
    assert str(swept).endswith(" and 1 file of log_dir")


def test_files_go_by_their_age_on_hosts_where_others_prune_the_rows(store, state):
    ended(store, model.State.SUCCESS, output=state.output(1, 1))
    path, later = output(state, 1), NOON + 365 * DAY
    for _ in in_steps(store, state, config(), later, FakeClock(), has_rows=False):
        pass
    assert left(path) == [False]
    assert len(store.runs(RunFilter())) == 1
