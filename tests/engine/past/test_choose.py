"""Naming a run."""

import pytest

from jobrunner.engine.past.choose import choose, require
from jobrunner.errors import UnknownError
from jobrunner.model.decision import Omit
from jobrunner.model.run import State
from tests.build import NOON
from tests.store.life import HOUR, MINUTE, ended, look, queue, running, seen

JOBS = ("backup", "report")


@pytest.fixture
def three(store):
    """A failure, a success, then a slot that was skipped, and a run that goes on."""
    ended(store, State.FAILED)
    ended(store, State.SUCCESS, now=NOON + MINUTE)
    skipped = Omit(
        state=State.SKIPPED, first=NOON + MINUTE, last=NOON + MINUTE, count=1, reason="x"
    )
    store.claim([look(skipped)], owner="me", host="", now=NOON + 2 * MINUTE)
    running(store, now=NOON + 3 * MINUTE)
    return store


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("2", 2),
        ("#2", 2),
        ("backup", 4),
        ("backup~0", 4),
        ("backup~1", 2),
        ("backup~2", 1),
        ("backup@running", 4),
        ("backup@failed", 1),
        ("backup@skipped", 3),
    ],
)
def test_a_run_is_named_by_number_or_by_its_job(three, name, number):
    assert choose(name, three, JOBS).id == number


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("77", "no run 77. List"),
        ("backpu", 'no job named "backpu". Did you mean "backup"?'),
        ("report", "report has not run yet"),
        ("backup~3", "backup has no run so far back"),
        ("backup@lost", "no run of backup is lost"),
        ("backup@runing", 'no state named "runing". Did you mean "running"?'),
        ("backup@zz", "States: queued running"),
        ("../1", "names no run"),
        ("backup~x", "names no run"),
        ("", "names no run"),
    ],
)
def test_what_names_no_run_is_told_with_a_way_on(three, name, told):
    with pytest.raises(UnknownError, match=r"(?s).*") as caught:
        choose(name, three, JOBS)
    assert told in str(caught.value)


def test_a_job_may_be_called_like_a_number(store):
    queue(store, "backup")
    wanted = queue(store, "2024")
    assert choose("2024", store, JOBS).id == wanted.id
    assert choose("1", store, JOBS).job == "backup"


def test_a_job_that_is_declared_no_more_is_known_by_its_runs(store):
    queue(store, "old")
    assert require("old", store, JOBS) == "old"


def test_a_removed_job_is_offered_to_who_mistypes_it(store):
    seen(store, "invoices", NOON + HOUR)
    with pytest.raises(UnknownError, match='Did you mean "invoices"'):
        require("invoice", store, JOBS)


def test_a_run_is_found_behind_many_slots_that_did_not_run(store):
    wanted = ended(store, State.SUCCESS) and choose("backup", store, JOBS)
    for minute in range(120):
        first = NOON + minute * MINUTE + MINUTE
        skipped = Omit(state=State.SKIPPED, first=first, last=first, count=1, reason="x")
        one = look(skipped, since=first - MINUTE, until=first)
        store.claim([one], owner="me", host="", now=first)
    assert choose("backup", store, JOBS) == wanted
