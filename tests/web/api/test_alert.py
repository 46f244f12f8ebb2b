"""A test to a channel, sent by a real supervisor; and what channels were told."""

import pytest

from jobrunner.model.access import Role
from tests.web.api.stage import Stage

TEXT = """
[notify.ops]
command = ["/bin/sh", "-c", "cat >> got"]
quiet = "00:00-24:00"

[notify.broken]
command = ["/bin/sh", "-c", "exit 3"]

[jobs.fails]
command = "false"
notify = ["ops"]

[jobs.hidden]
command = "false"
notify = ["ops"]
"""


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path, TEXT)
    yield stage
    stage.close()


def alerts(stage, query="", **client):
    client = client or {"role": "viewer"}
    return stage.house.client(**client).get(f"/api/v1/alerts{query}").json()["items"]


def test_a_test_is_sent_by_the_supervisor_at_once(stage):
    stage.theatre.start()
    answer = stage.post("/notify/ops/test")
    assert (answer.status_code, answer.json()) == (202, {"channel": "ops", "awake": True})
    got = stage.theatre.folder / "got"
    stage.theatre.until(lambda: "test" in got.read_text())
    stage.theatre.until(lambda: alerts(stage)[0]["fate"] == "sent")
    (told,) = alerts(stage, "?channel=ops&fate=sent")
    assert (told["event"], told["channel"]) == ("test", "ops")
    assert stage.deeds() == [("operator", "notify.test", "ops", "done")]


def test_where_nobody_is_awake_it_waits_and_nothing_is_run_by_the_server(stage):
    assert stage.post("/notify/ops/test").json()["awake"] is False
    assert not (stage.theatre.folder / "got").exists()
    (told,) = alerts(stage)
    assert told["fate"] == "waiting"
    stage.theatre.start()
    stage.theatre.until((stage.theatre.folder / "got").exists)


def test_what_is_not_taken_is_told_among_the_alerts(stage):
    stage.theatre.start()
    stage.post("/notify/broken/test")
    stage.theatre.until(lambda: alerts(stage)[0]["error"])
    assert "3" in alerts(stage, "?channel=broken")[0]["error"]


def test_a_channel_that_is_not_there_is_not_found(stage):
    assert stage.post("/notify/opps/test").status_code == 404


def test_a_token_of_some_jobs_tests_nothing_and_sees_letters_of_its_jobs_alone(stage):
    stage.theatre.start()
    for job in ("fails", "hidden"):
        stage.theatre.play(job)
    secret = stage.house.token("narrow", Role.OPERATOR, jobs=("fails",))
    stage.theatre.until(lambda: len(alerts(stage)) == 2)
    assert {each["job"] for each in alerts(stage, secret=secret)} == {"fails"}
    assert stage.house.client(secret=secret).post("/api/v1/notify/ops/test").status_code == 403


def test_alerts_come_page_by_page(stage):
    for _ in range(3):
        stage.post("/notify/ops/test")
    client = stage.client("viewer")
    first = client.get("/api/v1/alerts?limit=2")
    rest = client.get(first.links["next"]["url"]).json()["items"]
    assert (len(first.json()["items"]), len(rest)) == (2, 1)
    assert client.get("/api/v1/alerts?fate=lost").status_code == 422
