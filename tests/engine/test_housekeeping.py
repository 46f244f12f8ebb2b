"""What is done for the ledger and the disk when there is time, and how often."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from jobrunner.engine.housekeeping import Housekeeping
from jobrunner.errors import StoreBusyError
from jobrunner.model.run import State
from jobrunner.store.value import RunFilter
from tests.build import NOON, FakeClock
from tests.engine.workplace import a_post
from tests.store.life import queue

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def post(tmp_path, clock):
    with a_post(tmp_path, clock=clock) as post:
        post.store = Counted(post.store)
        yield post


class Counted:
    """A ledger that counts what it is asked for."""

    def __init__(self, store):
        self._store = store
        self.calls = []

    def __getattr__(self, name):
        self.calls.append(name)
        return getattr(self._store, name)


def note(post):
    return Path(post.ground.state.folder, "run/pruned")


def prunings(post, keeping, *, is_idle):
    """How often it is pruned in a look now."""
    before = post.store.calls.count("prune")
    keeping.see_to(is_idle=is_idle)
    while keeping.is_busy:
        keeping.see_to(is_idle=is_idle)
    found = post.store.calls.count("prune") - before
    if found:
        at = post.now().timestamp()
        os.utime(note(post), (at, at))  # the disk goes by another clock than the test
    return found


def test_each_minute_is_noted_where_nobody_else_ticks(post, clock):
    keeping = Housekeeping(post, is_ticker=True)
    for _ in range(3):
        keeping.note_tick()
        keeping.note_tick()
        clock.advance(MINUTE)
    assert post.store.calls.count("note_tick") == 3


def test_a_supervisor_that_ticks_have_woken_notes_none(post):
    Housekeeping(post, is_ticker=False).note_tick()
    assert "note_tick" not in post.store.calls


def test_a_clock_that_was_far_ahead_keeps_no_tick_from_being_noted(post, clock):
    keeping = Housekeeping(post, is_ticker=True)
    clock.advance(DAY)
    keeping.note_tick()
    clock.advance(-DAY)
    keeping.note_tick()
    assert post.store.calls.count("note_tick") == 2


def test_it_is_pruned_every_six_hours_while_idle(post, clock):
    keeping = Housekeeping(post, is_ticker=False)
    found = []
    for _ in range(13):
        found.append(prunings(post, keeping, is_idle=True))
        clock.advance(timedelta(hours=1))
    assert found == [1, *[0] * 5] * 2 + [1]


def test_jobs_that_never_end_keep_it_from_being_pruned_for_a_day_at_most(post, clock):
    keeping = Housekeeping(post, is_ticker=False)
    assert prunings(post, keeping, is_idle=True) == 1
    found = []
    for _ in range(4):
        clock.advance(timedelta(hours=6))
        found.append(prunings(post, keeping, is_idle=False))
    assert found == [0, 0, 0, 1]


def test_another_supervisor_does_not_prune_again_so_soon(post):
    assert prunings(post, Housekeeping(post, is_ticker=False), is_idle=True) == 1
    assert prunings(post, Housekeeping(post, is_ticker=False), is_idle=True) == 0


def test_a_host_whose_duty_it_is_not_prunes_its_files_and_no_rows(post, clock):
    keeping = Housekeeping(post, is_ticker=False)
    keeping.see_to(is_idle=True, has_duty=lambda: False)
    while keeping.is_busy:
        keeping.see_to(is_idle=True)
    assert "prune" not in post.store.calls
    assert note(post).exists()


def test_a_ledger_that_cannot_be_pruned_is_told_and_tried_later(post, clock, capsys, monkeypatch):
    def fail(*_, **__):
        raise StoreBusyError("the disk is full")
        yield

    keeping = Housekeeping(post, is_ticker=False)
    with monkeypatch.context() as patch:
        patch.setattr("jobrunner.engine.housekeeping.in_steps", fail)
        keeping.see_to(is_idle=True)
    assert "not pruned: the disk is full" in capsys.readouterr().err
    os.utime(note(post), (NOON.timestamp(), NOON.timestamp()))
    clock.advance(timedelta(hours=6))
    assert prunings(post, keeping, is_idle=True) == 1


def test_what_was_committed_is_brought_to_its_place_once_a_minute_and_at_the_end(post, clock):
    keeping = Housekeeping(post, is_ticker=False)
    for _ in range(3):
        keeping.see_to(is_idle=False)
        clock.advance(MINUTE)
    assert post.store.calls.count("checkpoint") == 2
    keeping.on_leaving()
    assert post.store.calls.count("checkpoint") == 3


def much_to_prune(post):
    """Runs of a year ago, more than one step takes away."""
    old = post.now() - 400 * DAY
    for _ in range(400):
        run = queue(post.store, now=old)
        post.store.withdraw(run.id, State.SKIPPED, "paused", owner="me", now=old)


def test_whatever_there_is_to_prune_a_look_takes_away_but_a_little(post):
    much_to_prune(post)
    keeping = Housekeeping(post, is_ticker=False)
    keeping.see_to(is_idle=True)
    left = len(post.store.runs(RunFilter(limit=1000)))
    assert keeping.is_busy
    assert 300 <= left < 400
    while keeping.is_busy:
        keeping.see_to(is_idle=True)
    assert len(post.store.runs(RunFilter(limit=1000))) < 5


def test_who_leaves_while_it_is_pruned_leaves_the_rest_to_the_next(post):
    much_to_prune(post)
    keeping = Housekeeping(post, is_ticker=False)
    keeping.see_to(is_idle=True)
    keeping.on_leaving()
    assert (keeping.is_busy, note(post).exists()) == (False, False)


@pytest.fixture
def given_back(monkeypatch):
    """When memory is given back, one entry each."""
    found = []
    monkeypatch.setattr("jobrunner.engine.housekeeping.give_back", lambda: found.append(1))
    return found


def looked(keeping, clock, seconds):
    """Look after each of so many seconds."""
    for _ in range(seconds):
        clock.advance(timedelta(seconds=1))
        keeping.see_to(is_idle=False)


def test_memory_is_given_back_after_our_own_start_and_each_minute(post, clock, given_back):
    keeping = Housekeeping(post, is_ticker=False)
    looked(keeping, clock, 3)
    assert len(given_back) == 1
    looked(keeping, clock, 50)
    assert len(given_back) == 1
    looked(keeping, clock, 10)
    assert len(given_back) == 2


def test_memory_is_given_back_once_no_more_attempts_begin(post, clock, given_back):
    keeping = Housekeeping(post, is_ticker=False)
    looked(keeping, clock, 3)
    for _ in range(5):
        keeping.note_starts()
        looked(keeping, clock, 1)
    assert len(given_back) == 1
    looked(keeping, clock, 2)
    assert len(given_back) == 2


def test_memory_is_given_back_once_a_minute_where_attempts_begin_each_second(
    post, clock, given_back
):
    keeping = Housekeeping(post, is_ticker=False)
    for _ in range(130):
        keeping.note_starts()
        looked(keeping, clock, 1)
    assert len(given_back) == 2
