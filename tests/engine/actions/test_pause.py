"""Jobs that are held still, and go on; at noon UTC on Friday 2026-11-20."""

from datetime import UTC, datetime, timedelta

import pytest

from jobrunner.engine.actions import pause
from jobrunner.errors import UnknownError
from jobrunner.model.pause import Pause
from jobrunner.store.value import EVERY_JOB
from tests.build import NOON

DAY = timedelta(days=1)
NEXT = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)


def hold(foreman, name, until=None, reason="works"):
    wanted = Pause(by="deploy", reason=reason, since=NOON, until=until)
    (held,) = pause.pause(foreman.scene(), [name], wanted)
    return held


def resume(foreman, name, now=NOON):
    return pause.resume(foreman.scene(), [name], now)


def kept(foreman, name):
    return foreman.store.health()[name].pause


def test_who_and_why_and_until_when_are_kept(foreman):
    hold(foreman, "backup", NOON + DAY)
    assert kept(foreman, "backup") == Pause(
        by="deploy", reason="works", since=NOON, until=NOON + DAY
    )


@pytest.mark.parametrize(
    ("until", "count", "slots"),
    [
        (NOON + timedelta(hours=2), 0, ()),
        (NOON + DAY, 1, (NEXT,)),
        (NOON + 10 * DAY, 10, (NEXT, NEXT + DAY, NEXT + 2 * DAY)),
        (None, 1, (NEXT,)),
    ],
)
def test_the_planned_slots_that_fall_into_it_are_told(foreman, until, count, slots):
    held = hold(foreman, "backup", until)
    assert (held.count, held.slots) == (count, slots)


def test_to_pause_in_the_same_way_again_changes_nothing(foreman):
    hold(foreman, "backup", NOON + DAY)
    again = Pause(by="other", reason="works", since=NOON + timedelta(hours=1), until=NOON + DAY)
    (held,) = pause.pause(foreman.scene(), ["backup"], again)
    assert not held.is_new
    assert kept(foreman, "backup").by == "deploy"


def test_another_end_takes_the_place_of_the_one_before(foreman):
    hold(foreman, "backup", NOON + DAY)
    held = hold(foreman, "backup", NOON + 2 * DAY)
    assert held.before.until == NOON + DAY
    assert kept(foreman, "backup").until == NOON + 2 * DAY


def test_a_pause_that_is_over_is_none_any_more(foreman):
    hold(foreman, "backup", NOON + DAY)
    (freed,) = resume(foreman, "backup", NOON + 2 * DAY)
    assert freed.before is None
    assert "backup" not in foreman.store.health()


def test_a_job_goes_on_and_its_next_slot_is_told(foreman):
    hold(foreman, "backup")
    (freed,) = resume(foreman, "backup")
    assert (freed.before.by, freed.next_at) == ("deploy", NEXT)
    assert "backup" not in foreman.store.health()


def test_a_job_that_goes_on_while_all_are_paused_is_told_so(foreman):
    hold(foreman, EVERY_JOB)
    (freed,) = resume(foreman, "backup")
    assert (freed.before, freed.others.by) == (None, "deploy")


def test_all_go_on_with_those_that_were_paused_by_name(foreman):
    hold(foreman, EVERY_JOB)
    hold(foreman, "backup")
    assert [freed.job for freed in resume(foreman, EVERY_JOB)] == [EVERY_JOB, "backup"]
    assert foreman.store.health() == {}


def test_jobs_are_chosen_by_name_and_by_tag_once_each(foreman):
    chosen = pause.chosen(foreman.scene(), ["backup", "index"], ["db"], every=False)
    assert chosen == ["backup", "index"]


def test_a_job_that_is_in_no_file_is_known_by_its_history(foreman):
    foreman.add("wrapped")
    assert pause.chosen(foreman.scene(), ["wrapped"], [], every=False) == ["wrapped"]


@pytest.mark.parametrize(
    ("names", "tags", "told"),
    [(["bakup"], [], 'Did you mean "backup"'), ([], ["nope"], "no job has the tag nope")],
)
def test_what_is_not_known_is_refused(foreman, names, tags, told):
    with pytest.raises(UnknownError, match=told):
        pause.chosen(foreman.scene(), names, tags, every=False)
