"""What is told of one run: the version that ran, its neighbours, its place in a chain."""

import os

import pytest

from jobrunner.engine.past.course import beside, see_course
from jobrunner.engine.scene import scene
from jobrunner.jobfile.place import Asker
from jobrunner.model.run import State, Trigger
from jobrunner.store.value import NewRun, RunFilter
from tests.build import NOON, FakeClock
from tests.engine.report.ledger import DAY, HOUR, MINUTE, queued, ran

JOBS = """
[jobs.backup]
command = "dump"
env = { PGPASSWORD = "hunter2" }
[jobs.backup.params.TABLE]
default = "all"

[jobs.copy]
after = ["backup"]
command = "copy"
"""


@pytest.fixture
def here(tmp_path):
    (tmp_path / "jobs.toml").write_text(JOBS)
    asker = Asker(environ={}, cwd=str(tmp_path), uid=os.geteuid())
    with scene(str(tmp_path / "jobs.toml"), asker) as opened:
        yield opened


@pytest.mark.parametrize("apart", [MINUTE / 60, MINUTE * 5, HOUR * 5, DAY * 5, DAY * 50])
def test_neighbours_are_found_however_far_apart_they_are(here, apart):
    for number in range(5):
        ran(here.store, "backup", State.SUCCESS, NOON - number * apart, MINUTE / 120)
    newest, middle, oldest = here.store.runs(RunFilter(limit=3))
    assert beside(here.store, middle, NOON) == (oldest, newest)


def test_the_newest_has_none_after_it_and_the_oldest_none_before(here):
    run = ran(here.store, "backup", State.SUCCESS)
    assert beside(here.store, here.store.run(run.id), NOON) == (None, None)


def test_variables_are_told_by_name_and_secrets_among_parameters_are_starred(here):
    new = NewRun(job="backup", trigger=Trigger.MANUAL, params='{"TABLE": "a", "TOKEN": "b"}')
    run = here.store.add(new, owner="me", host="web-1", now=NOON)
    course = see_course(here, run, FakeClock())
    assert course.variables == ("PGPASSWORD", "JOBRUNNER_PARAM_TABLE")
    assert course.params == {"TABLE": "a", "TOKEN": "***"}


def test_parameters_that_others_wrote_into_the_ledger_are_no_error(here):
    new = NewRun(job="backup", trigger=Trigger.MANUAL, params="[")
    run = here.store.add(new, owner="me", host="web-1", now=NOON)
    assert see_course(here, run, FakeClock()).params == {}


def test_a_chain_is_told_from_both_of_its_ends(here):
    first = ran(here.store, "backup", State.SUCCESS)
    new = NewRun(job="copy", trigger=Trigger.AFTER, asked_by=f"backup#{first.id}")
    second = here.store.add(new, owner="me", host="web-1", now=NOON)
    assert see_course(here, first, FakeClock()).followed_by == (second,)
    assert see_course(here, second, FakeClock()).follows.id == first.id


def test_a_run_whose_version_nobody_knows_has_no_command(here):
    run = ran(here.store, "backup", State.SUCCESS)
    assert see_course(here, here.store.run(run.id), FakeClock()).command == ""
    waiting = queued(here.store, "backup")
    assert see_course(here, waiting, FakeClock()).command == "dump"
