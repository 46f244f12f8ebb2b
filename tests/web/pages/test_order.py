"""Buttons do what they say, with whoever supervises; what is refused is told in the page."""

import pytest

from jobrunner.model.run import State, Trigger
from jobrunner.store.value import RunFilter
from tests.web.pages.sight import FORM, told_after

JOBS = """
[jobs.hello]
command = "echo hello $JOBRUNNER_PARAM_WHO"
[jobs.hello.params.WHO]
default = "you"
pattern = "[a-z]+"

[jobs.wait]
command = "exec sleep 300"

[jobs.hourly]
cron = "0 * * * *"
timezone = "UTC"
command = "true"
"""


def deeds(house):
    with house.scene() as scene:
        return [(deed.action, deed.subject, deed.outcome) for deed in scene.store.deeds(limit=9)]


def run_at(theatre, answer):
    """The run whose page an answer leads to."""
    where, _, number = answer.headers["location"].rpartition("/")
    assert where == "/runs", answer.headers["location"]
    return int(number)


def test_the_button_runs_the_job(workshop):
    house, theatre = workshop(JOBS)
    theatre.start()
    client = house.client("operator")
    answer = client.post("/jobs/hello/run", data={"param.WHO": "world"}, headers=FORM)
    run = theatre.end_of(run_at(theatre, answer))
    assert (run.state, run.trigger, run.asked_by) == (State.SUCCESS, Trigger.MANUAL, "operator")
    assert theatre.output(run) == "hello world\n"
    assert f"hello #{run.id} is on its way." in told_after(client, answer)
    assert ("job.run", "hello", "done") in deeds(house)


def test_a_run_is_stopped_and_retried(workshop):
    house, theatre = workshop(JOBS)
    theatre.start()
    client = house.client("operator")
    first = run_at(theatre, client.post("/jobs/wait/run", headers=FORM))
    theatre.until(lambda: theatre.store.run(first).state is State.RUNNING)
    answer = client.post(f"/runs/{first}/stop", headers=FORM)
    assert f"wait #{first} is asked to end." in told_after(client, answer)
    assert theatre.end_of(first).state is State.STOPPED
    second = run_at(theatre, client.post(f"/runs/{first}/retry", headers=FORM))
    assert theatre.store.run(second).trigger is Trigger.RETRY
    client.post(f"/runs/{second}/stop", data={"force": "yes"}, headers=FORM)
    assert theatre.end_of(second).state is State.STOPPED


def test_with_nobody_awake_the_page_says_when_it_starts(workshop):
    house, theatre = workshop(JOBS)
    client = house.client("operator")
    answer = client.post("/jobs/hello/run", headers=FORM)
    assert "hello starts at the next tick, within a minute." in told_after(client, answer)
    theatre.start()
    assert theatre.runs("hello")[0].state is State.SUCCESS


def test_a_second_run_beside_one_is_refused_in_words(workshop):
    house, theatre = workshop(JOBS)
    theatre.start()
    client = house.client("operator")
    first = run_at(theatre, client.post("/jobs/wait/run", headers=FORM))
    answer = client.post("/jobs/wait/run", data={"back": "/jobs/wait"}, headers=FORM)
    assert f"Wait is already running: #{first}" in told_after(client, answer)
    assert deeds(house)[0] == ("job.run", "wait", "refused")


@pytest.mark.parametrize("value", ["$(touch x)", "a b", "; id", "", "a\0b", "WORLD"])
def test_parameters_that_the_job_does_not_take_are_refused(workshop, value):
    house, _ = workshop(JOBS)
    client = house.client("operator")
    answer = client.post("/jobs/hello/run", data={"param.WHO": value}, headers=FORM)
    assert "Parameter WHO" in told_after(client, answer)
    with house.scene() as scene:
        assert scene.store.runs(RunFilter()) == []


def test_a_backfill_shows_its_slots_and_then_runs_them(workshop):
    house, theatre = workshop(JOBS)
    client = house.client("operator")
    asked = client.get("/jobs/hourly/backfill?since=3h", headers=FORM).text
    assert "Run 3 slots" in asked
    form = {"since": "3h"}
    answer = client.post("/jobs/hourly/backfill", data=form, headers=FORM)
    assert "hourly runs for 3 past slots, one after the other" in told_after(client, answer)
    theatre.start()
    assert {run.trigger for run in theatre.runs("hourly", 3)} == {Trigger.BACKFILL}


@pytest.mark.parametrize("since", ["yesterday", "<script>", "2026-02-30", ""])
def test_a_time_that_is_none_is_told(workshop, since):
    house, _ = workshop(JOBS)
    client = house.client("operator")
    form = {"since": since}
    assert client.get("/jobs/hourly/backfill", params=form, headers=FORM).status_code == 200
    answer = client.post("/jobs/hourly/backfill", data=form, headers=FORM)
    assert "is-refusal" not in answer.text
    assert "bad" in client.get(answer.headers["location"], headers=FORM).text


def test_after_a_form_nobody_is_sent_elsewhere(workshop):
    house, _ = workshop(JOBS)
    form = {"back": "//evil.example"}
    answer = house.client("operator").post("/jobs/hello/run", data=form, headers=FORM)
    assert answer.headers["location"] == "/"


def test_a_job_that_is_not_there_is_not_found(workshop):
    house, _ = workshop(JOBS)
    client = house.client("operator")
    for path in ("/jobs/nothing/run", "/jobs/nothing/pause", "/jobs/nothing/backfill"):
        assert client.post(path, headers=FORM).status_code == 404


def test_who_looks_only_may_ask_for_nothing(workshop):
    house, _ = workshop(JOBS)
    client = house.client("viewer")
    for path in ("/jobs/hello/run", "/jobs/hello/pause", "/pause", "/runs/1/stop"):
        assert client.post(path, headers=FORM).status_code == 403
