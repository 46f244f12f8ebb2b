"""What a supervisor says of itself: from the level up that jobs.toml names, and errors once."""

from datetime import timedelta

import pytest

from jobrunner.engine.diary import LEVELS, Diary
from jobrunner.model.settings import Config, Settings
from tests.build import FakeClock
from tests.engine.workplace import a_post


def say_all(diary):
    for level in LEVELS:
        getattr(diary, level)(f"a word of {level}")


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_below_the_level_is_not_said(level, capsys):
    say_all(Diary(FakeClock(), level))
    said = [line.rpartition(" ")[2] for line in capsys.readouterr().err.splitlines()]
    assert said == [*LEVELS[LEVELS.index(level) :]]


def test_another_level_in_jobs_toml_counts_as_soon_as_it_is_read(tmp_path, capsys):
    with a_post(tmp_path) as post:
        say_all(post.diary)
        post.adopt(Config(origin="", jobs={}, settings=Settings(log_level="error")))
        say_all(post.diary)
    assert capsys.readouterr().err.count("a word of info") == 1


def test_the_same_error_is_said_once_a_minute(capsys):
    clock = FakeClock()
    diary = Diary(clock)
    for _ in range(3):
        diary.error("the disk is full")
        clock.advance(timedelta(seconds=40))
    assert capsys.readouterr().err.count("the disk is full") == 2
