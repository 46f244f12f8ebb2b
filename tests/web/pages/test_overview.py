"""The first page tells what needs somebody before anything else, and finds jobs by words."""

from datetime import timedelta

import pytest

from jobrunner.model.access import Role
from jobrunner.model.pause import Pause
from jobrunner.model.run import State
from jobrunner.store.value import EVERY_JOB
from tests.build import NOON, FakeClock
from tests.engine.report.ledger import failed, ran, seen
from tests.web.house import House
from tests.web.pages.sight import FORM, PAGE, text_of, told_after, words_of
from tests.web.seed import LONG_NAME


@pytest.fixture
def inn(tmp_path):
    made = House(tmp_path, clock=FakeClock())
    with made.scene() as scene:
        scene.store.note_tick("web-1", NOON - timedelta(seconds=31), timedelta(minutes=2))
    return made


@pytest.mark.parametrize("role", Role)
def test_everybody_who_is_signed_in_sees_it(museum, role):
    text = text_of(museum.client(role), "/")
    assert ("Retry now" in text) == role.covers(Role.OPERATOR)
    assert text.index("backup") < text.index("24 hours around now") < text.index('id="jobs"')


def test_failing_jobs_come_first_with_the_last_line_that_they_wrote(museum):
    words = words_of(text_of(museum.client("viewer"), "/"))
    assert "backup failed 3 times in a row since Thu 19 Nov 01:30; last success " in words
    assert "Connection refused" in words
    assert f"{LONG_NAME} was stopped at its timeout of 1h 00m" in words


def test_the_title_says_how_many_jobs_fail(museum):
    assert "<title>(3) jobrunner web-1</title>" in text_of(museum.client("viewer"), "/")


def test_the_host_in_numbers(museum):
    words = words_of(text_of(museum.client("viewer"), "/"))
    assert "12 jobs 1 paused, 1 disabled" in words
    assert "1 running 1 queued, 1 to retry" in words


def test_words_find_jobs(museum):
    text = text_of(museum.client("viewer"), "/?q=nightly")
    rows = text.partition('id="jobs"')[2]
    assert f'href="/jobs/{LONG_NAME}"' in rows
    assert "certbot" not in rows
    assert 'value="nightly"' in text


def test_words_that_are_markup_are_shown_as_they_are(museum):
    words = words_of(text_of(museum.client("viewer"), "/?q=%3Cscript%3Ealert(1)%3C/script%3Ex"))
    assert "No job has “&lt;script&gt;alert(1)&lt;/script&gt;x”" in words


def test_all_is_well_where_nothing_fails(inn):
    with inn.scene() as scene:
        ran(scene.store, "hello", State.SUCCESS)
    assert "All is well" in words_of(text_of(inn.client("viewer"), "/"))


def test_silent_ticks_are_told_first(inn):
    inn.clock.advance(timedelta(minutes=20))
    with inn.scene() as scene:
        seen(scene.store, scene.config.jobs["hello"])
    words = words_of(text_of(inn.client("viewer"), "/"))
    assert "No tick comes. The last one was 20m ago." in words


@pytest.mark.parametrize(("seconds", "is_late"), [(119, False), (121, True)])
def test_the_age_of_the_last_tick_turns_red_at_two_minutes(inn, seconds, is_late):
    inn.clock.advance(timedelta(seconds=seconds - 31))
    bar = text_of(inn.client("viewer"), "/").partition('class="tick ')[2].partition("</span>")[0]
    assert bar.startswith("s-failed" if is_late else "s-success")
    assert (", late" in bar) == is_late


def test_a_broken_file_is_told_and_what_it_said_goes_on(inn):
    assert inn.client("viewer").get("/", headers=PAGE).status_code == 200
    inn.file.write_text('[jobs.hello]\ncron = "no"\ncommand = "x"\n')
    words = words_of(text_of(inn.client("viewer"), "/"))
    assert "jobs.toml cannot be used" in words
    assert "report" in words


def test_a_failing_job_is_retried_from_here(inn):
    with inn.scene() as scene:
        failed(scene.store, "hello")
    client = inn.client("operator")
    answer = client.post("/runs/1/retry", data={"back": "/"}, headers=FORM)
    assert answer.headers["location"] == "/"
    assert "hello starts at the next tick, within a minute." in told_after(client, answer)


def test_what_is_told_once_is_not_told_again(inn):
    client = inn.client("operator")
    answer = client.post("/jobs/hello/pause", data={"back": "/"}, headers=FORM)
    assert "hello is paused" in told_after(client, answer)
    assert "hello is paused" not in words_of(text_of(client, "/"))


def test_a_pause_of_every_job_is_told_on_top(inn):
    with inn.scene() as scene:
        scene.store.pause(EVERY_JOB, Pause(by="ann", since=NOON, reason="move"))
    text = text_of(inn.client("operator"), "/")
    assert "Every job is paused until somebody resumes, by ann: move." in words_of(text)
    assert 'formaction="/resume"' in text


def test_a_token_of_some_jobs_sees_those_alone(museum):
    client = museum.client(secret=museum.token("few", Role.OPERATOR, jobs=("c*",)))
    text = text_of(client, "/")
    assert "cleanup-tmp" in text
    for hidden in ("backup", "invoice-sync", LONG_NAME, "old-import", "reindex"):
        assert hidden not in text
    assert "Pause every job" not in text


def test_nothing_new_costs_no_page(museum):
    client = museum.client("viewer")
    tag = client.get("/", headers=PAGE).headers["etag"]
    assert client.get("/", headers=PAGE | {"If-None-Match": tag}).status_code == 304


def test_a_host_without_jobs_says_what_to_do(tmp_path):
    inn = House(tmp_path, "[settings]\n", FakeClock())
    words = words_of(text_of(inn.client("viewer"), "/"))
    assert "Nothing to run yet" in words
    assert "jobrunner add" in words


def test_below_a_path_every_link_begins_with_it(tmp_path):
    text = '[serve]\nbase_path = "/cron"\n[jobs.hello]\ncommand = "true"\n'
    shown = text_of(House(tmp_path, text, FakeClock()).client("operator"), "/cron/")
    assert 'href="/cron/jobs/hello"' in shown
    assert 'formaction="/cron/jobs/hello/run"' in shown
    assert 'href="/jobs' not in shown
