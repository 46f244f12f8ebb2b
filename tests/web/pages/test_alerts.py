"""The page of alerts: the channels, and what became of each letter to them."""

import pytest

from jobrunner.model.access import Role
from tests.build import NOON, FakeClock
from tests.engine.report.test_letters import MINUTE, four_fates, post
from tests.web.house import House
from tests.web.pages.sight import FORM, PAGE, text_of, told_after, words_of
from tests.web.seed import JOBS


@pytest.fixture
def posted(tmp_path):
    house = House(tmp_path, JOBS, FakeClock(NOON + MINUTE))
    with house.scene() as scene:
        four_fates(scene.store)
    return house


@pytest.mark.parametrize("role", Role)
def test_each_letter_is_told_with_its_fate_and_why(posted, role):
    words = words_of(text_of(posted.client(role), "/alerts"))
    for told in ("held", "waiting", "sent", "given up", "refused", "busy", "in 59m"):
        assert told in words


def test_a_channel_is_told_with_how_it_stands(posted):
    words = words_of(text_of(posted.client("viewer"), "/alerts"))
    assert "ops webhook failing" in words


def test_letters_of_one_fate_are_asked_for_in_the_address(posted):
    text = text_of(posted.client("viewer"), "/alerts?fate=failed&channel=ops")
    assert text.count("<tr data-row=") == 2  # the channel, and the letter
    assert '<option value="failed" selected>' in text


@pytest.mark.parametrize("query", ["fate=odd", "colour=red"])
def test_what_no_field_offers_is_refused(posted, query):
    assert posted.client("viewer").get(f"/alerts?{query}", headers=PAGE).status_code in {400, 422}


def test_older_letters_are_a_link_away(posted):
    with posted.scene() as scene:
        post(scene.store, *["backup"] * 60)
    client = posted.client("viewer")
    text = text_of(client, "/alerts")
    older = text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "refused" in text_of(client, older)


def test_an_operator_has_a_test_sent(posted):
    client = posted.client("operator")
    words = told_after(client, client.post("/alerts/ops/test", headers=FORM))
    assert "A test to ops is sent at the next tick, within a minute." in words
    with posted.scene() as scene:
        assert scene.store.deeds(limit=1)[0].action == "notify.test"


def test_a_viewer_sends_nothing_and_sees_no_button(posted):
    client = posted.client("viewer")
    assert "Send a test" not in text_of(client, "/alerts")
    assert client.post("/alerts/ops/test", headers=FORM).status_code == 403


def test_a_channel_that_is_not_there_is_not_found(posted):
    answer = posted.client("operator").post("/alerts/odd/test", headers=FORM)
    assert answer.status_code == 404


def test_a_token_of_some_jobs_is_told_of_letters_about_them_alone(posted):
    with posted.scene() as scene:
        post(scene.store, "certbot")
    secret = posted.token("alerts-of-tls", Role.OPERATOR, jobs=("certbot",))
    client = posted.client(secret=secret)
    text = text_of(client, "/alerts")
    assert "certbot" in text
    assert "backup" not in text
    assert "refused" not in text
    assert client.post("/alerts/ops/test", headers=FORM).status_code == 403
