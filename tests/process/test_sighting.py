"""When an output was seen to grow."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from jobrunner.process.sighting import MOST, PAIR, Sightings, Witness, read
from tests.build import NOON, FakeClock

START = round(NOON.timestamp() * 1_000_000)
LOOK = timedelta(milliseconds=100)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "1-1.seen")


def watched(path, sizes, clock=None, *, every=LOOK, is_late=False):
    """A witness who looked so often, and what was noted once it is over."""
    clock = clock or FakeClock()
    witness = Witness(path, clock.elapsed(), is_late=is_late)
    for size in sizes:
        clock.advance(every)
        witness.note(size, clock)
    witness.end(clock)
    return read(path)


def test_each_growth_is_noted_with_its_time(path):
    found = watched(path, [0, 5, 5, 9], every=timedelta(seconds=1))
    assert found.pairs == ((START + 2_000_000, 5), (START + 4_000_000, 9))


@pytest.mark.parametrize(
    ("place", "at"), [(0, 10), (4, 10), (5, 20), (8, 20), (9, None), (100, None)]
)
def test_a_byte_was_seen_at_the_first_look_that_found_it(place, at):
    assert Sightings(((10, 5), (20, 9))).seen_at(place) == at


def test_what_ends_within_a_second_leaves_no_file(path):
    assert watched(path, [5, 9]) == Sightings()
    assert not os.path.lexists(path)


def test_who_writes_nothing_leaves_no_file(path):
    watched(path, [0] * 50)
    assert not os.path.lexists(path)


def test_it_is_written_while_the_attempt_runs_though_nothing_more_comes(path):
    clock = FakeClock()
    witness = Witness(path, 0.0, is_late=False)
    for _ in range(11):
        clock.advance(LOOK)
        witness.note(5, clock)
    assert read(path).pairs == ((START + 100_000, 5),)


def test_what_came_while_nobody_looked_has_no_time(path):
    watched(path, [5] * 20)
    clock = FakeClock(NOON + timedelta(minutes=5))
    found = watched(path, [80, *[90] * 20], clock, is_late=True)
    assert found.seen_at(4) == START + 100_000
    assert found.seen_at(5) is None
    assert found.seen_at(79) is None
    assert found.seen_at(80) == START + 300_200_000


def test_an_output_that_is_cut_short_is_seen_anew(path):
    found = watched(path, [*[9] * 20, *[3] * 20])
    assert found.pairs == ((START + 2_100_000, 3),)


def test_a_file_of_many_looks_stays_small_and_true(path):
    sizes = range(1, 5 * MOST)
    found = watched(path, sizes)
    assert len(found.pairs) <= MOST
    for place in (0, 1000, 4 * MOST, 5 * MOST - 2):
        assert 0 <= found.seen_at(place) - (START + 100_000 * (place + 1)) <= 10_000_000


def test_half_a_pair_that_a_full_disk_took_is_passed_over(path):
    watched(path, [5] * 20)
    with open(path, "ab") as file:  # noqa: PTH123
        file.write(b"half")
    assert read(path).seen_at(0) == START + 100_000
    found = watched(path, [9] * 20, is_late=True)
    assert Path(path).stat().st_size == 2 * PAIR.size
    assert found.seen_at(0) == START + 100_000


@pytest.mark.parametrize("stands", ["nowhere/1-1.seen", "a link", "a folder"])
def test_what_cannot_be_written_stops_nothing(tmp_path, stands):
    path = tmp_path / stands
    if stands == "a link":
        (tmp_path / "target").write_text("kept")
        path.symlink_to(tmp_path / "target")
    if stands == "a folder":
        path.mkdir()
    assert watched(str(path), [5] * 20) == Sightings()
    assert not (tmp_path / "target").exists() or (tmp_path / "target").read_text() == "kept"


def test_it_can_be_read_by_whom_the_output_can(path):
    watched(path, [5] * 20)
    assert Path(path).stat().st_mode & 0o777 == 0o640
