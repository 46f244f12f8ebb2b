"""The page of the doctor: what is wrong; its words, which name files and users, to admins."""

from datetime import timedelta

import pytest

from jobrunner.model.access import Role
from tests.build import NOON, FakeClock
from tests.web.house import JOBS, House
from tests.web.pages.sight import text_of, words_of


def test_an_admin_is_told_what_is_wrong_and_how_to_put_it_right(museum):
    words = words_of(text_of(museum.client("admin"), "/doctor"))
    assert "rclone is not on the PATH that it gets" in words
    assert "chmod o-r" in words


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_others_are_told_what_was_looked_at_and_no_path(museum, role):
    text = text_of(museum.client(role), "/doctor")
    assert "warning program of backup" in words_of(text)
    assert str(museum.folder) not in text
    assert "PATH" not in text
    assert "chmod" not in text


def test_an_admin_of_some_jobs_is_told_of_theirs_and_in_no_words(museum):
    secret = museum.token("doctor-of-db", Role.ADMIN, jobs=("backup",))
    text = text_of(museum.client(secret=secret), "/doctor")
    assert "program of backup" in words_of(text)
    assert "invoice-sync" not in text
    assert str(museum.folder) not in text


def test_the_doctor_looks_once_a_minute_at_most(tmp_path):
    house = House(tmp_path, clock=FakeClock(NOON))
    client = house.client("admin")
    assert "3 jobs, valid" in text_of(client, "/doctor")
    house.file.write_text(JOBS + '[jobs.more]\ncommand = "true"\n')
    assert "3 jobs, valid" in text_of(client, "/doctor")
    house.clock.advance(timedelta(minutes=1))
    assert "4 jobs, valid" in text_of(client, "/doctor")
