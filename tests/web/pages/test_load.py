"""The page of the time ahead: how full it is, and what to change."""

import pytest

from jobrunner.model.access import Role
from tests.build import NOON, FakeClock
from tests.web.house import House
from tests.web.pages.sight import text_of, words_of

FULL = "".join(
    f'[jobs.job{number}]\ncron = "30 2 * * *"\ncommand = "true"\nlock = "db"\n'
    for number in range(6)
)


@pytest.mark.parametrize("role", Role)
def test_the_hours_of_the_week_are_a_table_that_can_be_read(museum, role):
    text = text_of(museum.client(role), "/load")
    assert '<table class="heat">' in text
    assert "3,219 slots until Fri 27 Nov 12:00" in words_of(text)


def test_another_distance_is_in_the_address(museum):
    words = words_of(text_of(museum.client("viewer"), "/load?within=24h"))
    assert "until Sat 21 Nov 12:00" in words


@pytest.mark.parametrize("within", ["soon", "1000d", "-1h"])
def test_a_distance_that_is_none_is_told(museum, within):
    text = text_of(museum.client("viewer"), f"/load?within={within}")
    assert "these are seven days" in text


def test_jobs_that_meet_and_full_minutes_are_told_with_a_better_one(tmp_path):
    house = House(tmp_path, FULL, FakeClock(NOON))
    words = words_of(text_of(house.client("viewer"), "/load"))
    assert "02:30 starts 6 jobs; 02:47 is free." in words
    assert "is due while job" in words


def test_a_token_of_some_jobs_is_told_of_theirs_alone(tmp_path):
    house = House(tmp_path, FULL, FakeClock(NOON))
    secret = house.token("load-of-one", Role.VIEWER, jobs=("job1",))
    text = text_of(house.client(secret=secret), "/load")
    assert "7 slots" in words_of(text)
    assert "job2" not in text
