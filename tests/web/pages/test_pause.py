"""Jobs are held still by a form, and let go on."""

from datetime import UTC, datetime, timedelta

import pytest

from jobrunner.model.access import Role
from jobrunner.store.value import EVERY_JOB
from tests.build import NOON, FakeClock
from tests.web.house import House
from tests.web.pages.sight import FORM, told_after


@pytest.fixture
def inn(tmp_path):
    return House(tmp_path, clock=FakeClock())


def pause_of(house, job="hello"):
    with house.scene() as scene:
        found = scene.store.health().get(job)
        return found and found.pause


@pytest.mark.parametrize(
    ("form", "until"),
    [
        ({}, None),
        ({"for": "2h"}, NOON + timedelta(hours=2)),
        ({"until": "2026-11-21 08:00"}, datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ({"until": "18:00"}, datetime(2026, 11, 20, 18, tzinfo=UTC)),
    ],
)
def test_a_job_is_held_for_as_long_as_the_form_says(inn, form, until):
    client = inn.client("operator")
    client.post("/jobs/hello/pause", data=form | {"reason": "db1"}, headers=FORM)
    held = pause_of(inn)
    assert (held.until, held.by, held.reason) == (until, "operator", "db1")


def test_the_page_says_what_falls_into_it(inn):
    client = inn.client("operator")
    answer = client.post("/jobs/hello/pause", data={"for": "1h"}, headers=FORM)
    assert "hello is paused until Fri 2026-11-20 13:00 UTC. It leaves out 4" in told_after(
        client, answer
    )


@pytest.mark.parametrize(
    "form",
    [{"for": "soon"}, {"for": "0s"}, {"until": "2020-01-01"}, {"for": "1h", "until": "9:00"}],
)
def test_an_end_that_is_none_holds_nothing(inn, form):
    client = inn.client("operator")
    answer = client.post("/jobs/hello/pause", data=form, headers=FORM)
    assert answer.status_code == 303
    with inn.scene() as scene:
        assert "hello" not in scene.store.health()


def test_a_job_goes_on(inn):
    client = inn.client("operator")
    client.post("/jobs/hello/pause", headers=FORM)
    answer = client.post("/jobs/hello/resume", headers=FORM)
    assert "hello goes on. Next: Fri 2026-11-20 12:15 UTC." in told_after(client, answer)
    assert pause_of(inn) is None


def test_every_job_is_held_by_one_button(inn):
    client = inn.client("operator")
    assert client.post("/pause", data={"for": "1h"}, headers=FORM).headers["location"] == "/"
    assert pause_of(inn, EVERY_JOB)
    client.post("/resume", headers=FORM)
    assert pause_of(inn, EVERY_JOB) is None


def test_a_token_of_some_jobs_holds_those_alone(inn):
    client = inn.client(secret=inn.token("some", Role.OPERATOR, jobs=("report",)))
    assert client.post("/jobs/hello/pause", headers=FORM).status_code == 404
    assert client.post("/pause", headers=FORM).status_code == 403
    assert client.post("/jobs/report/pause", headers=FORM).status_code == 303
