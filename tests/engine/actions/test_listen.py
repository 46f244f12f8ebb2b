"""Hearing what a run writes, bit by bit."""

from pathlib import Path

import pytest

from jobrunner.engine.actions.follow import Began, Ended, Over
from jobrunner.engine.actions.listen import AT_ONCE, Ear, Place
from jobrunner.engine.actions.tail import Wrote
from jobrunner.engine.state import State as Folder
from jobrunner.model.run import Attempt, State
from tests.build import NOON, make_run

RUNNING = make_run(state=State.RUNNING, attempts=1)
OVER = make_run(state=State.SUCCESS, attempts=1)


def attempt(number=1, state=State.RUNNING):
    return Attempt(run=1, number=number, state=state, owner="me", started_at=NOON)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "output" / "0").mkdir(parents=True)
    return Folder(str(tmp_path))


def write(folder, content, number=1):
    with Path(folder.output_path(folder.output(1, number))).open("ab") as file:
        file.write(content)


def heard(ear, run, *attempts):
    return [type(one.what) for one in ear.hear(run, attempts)]


def test_each_look_tells_what_is_new_since_the_last(folder):
    ear = Ear(folder, 1, Place(1))
    assert heard(ear, RUNNING, attempt()) == [Began]
    write(folder, b"more")
    [one] = ear.hear(RUNNING, [attempt()])
    assert (one.what, one.place.offset) == (Wrote(b"more"), 4)
    assert heard(ear, RUNNING, attempt()) == []


def test_what_was_written_is_heard_before_the_end(folder):
    write(folder, b"last words")
    ear = Ear(folder, 1, Place(1))
    ending = attempt(state=State.SUCCESS)
    assert heard(ear, OVER, ending) == [Began, Wrote, Ended, Over]
    assert heard(ear, OVER, ending) == []


def test_attempt_follows_attempt_unless_one_alone_is_wanted(folder):
    both = attempt(state=State.FAILED), attempt(2, State.SUCCESS)
    assert heard(Ear(folder, 1, Place(1)), OVER, *both) == [Began, Ended, Began, Ended, Over]
    assert heard(Ear(folder, 1, Place(1), only=True), OVER, *both) == [Began, Ended, Over]


def test_one_look_reads_so_much_and_says_that_there_is_more(folder):
    write(folder, b"x" * (3 * AT_ONCE))
    ear = Ear(folder, 1, Place(1))
    sizes = []
    while not ear.place.is_over:
        written = [one.what for one in ear.hear(OVER, [attempt(state=State.SUCCESS)])]
        sizes.append(sum(len(one.data) for one in written if isinstance(one, Wrote)))
        assert ear.has_more != ear.place.is_over
    assert sum(sizes) == 3 * AT_ONCE
    assert max(sizes) <= 2 * AT_ONCE


def test_nothing_is_held_open_between_two_looks(folder):
    write(folder, b"x")
    ear = Ear(folder, 1, Place(1))
    heard(ear, RUNNING, attempt())
    Path(ear.path).unlink()
    assert heard(ear, RUNNING, attempt()) == []
    write(folder, b"another file")
    assert heard(ear, RUNNING, attempt()) == [Wrote]


def test_there_are_news_if_the_file_has_grown_or_the_attempt_is_over(folder):
    write(folder, b"x")
    ear = Ear(folder, 1, Place(1))
    heard(ear, RUNNING, attempt())
    assert not ear.has_news(RUNNING, [attempt()], 1)
    assert ear.has_news(RUNNING, [attempt()], 2)
    assert ear.has_news(RUNNING, [attempt(state=State.FAILED)], 1)
