"""The page of a run tells how it went, shows what it wrote, and trusts none of it."""

import pytest

from jobrunner.model.access import Role
from jobrunner.store.value import RunFilter
from tests.web.pages.sight import PAGE, text_of, words_of


def newest(house, job):
    with house.scene() as scene:
        return scene.store.runs(RunFilter(job=job, limit=1))[0].id


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("job", ["backup", "invoice-sync", "reindex", "certbot", "publish"])
def test_everybody_who_is_signed_in_sees_a_run(museum, role, job):
    text = text_of(museum.client(role), f"/runs/{newest(museum, job)}")
    assert (">Stop</button>" in text or ">Retry<" in text) == role.covers(Role.OPERATOR)


def test_it_tells_how_the_last_attempt_ended(museum):
    words = words_of(text_of(museum.client("viewer"), f"/runs/{newest(museum, 'backup')}"))
    assert "Attempt 3, failed" in words
    assert "3 of 4" in words
    assert "27m 10s usually" in words


def test_a_signal_is_explained(museum):
    words = words_of(text_of(museum.client("viewer"), f"/runs/{newest(museum, 'reindex')}"))
    assert "137: SIGKILL or exit 137, often out of memory" in words


def test_each_attempt_can_be_looked_at(museum):
    client, number = museum.client("viewer"), newest(museum, "backup")
    assert "1 of 4" in words_of(text_of(client, f"/runs/{number}?attempt=1"))
    assert client.get(f"/runs/{number}?attempt=4", headers=PAGE).status_code == 404


def test_colours_of_the_output_are_shown_and_its_marks_are_text(museum):
    text = text_of(museum.client("viewer"), f"/runs/{newest(museum, 'backup')}")
    assert '<span class="a-f1">connection to server' in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_bytes_that_are_no_text_are_spelt_out(museum):
    text = text_of(museum.client("viewer"), f"/runs/{newest(museum, 'reindex')}")
    assert "&lt;FF&gt;^G" in text


def test_variables_are_named_and_their_values_are_not(museum):
    text = text_of(museum.client("admin"), f"/runs/{newest(museum, 'backup')}")
    assert "PGPASSWORD" in text
    assert "hunter2" not in text


def test_a_run_that_goes_on_is_followed_from_where_the_page_ends(museum):
    number = newest(museum, "invoice-sync")
    text = text_of(museum.client("viewer"), f"/runs/{number}")
    assert f'data-stream="/api/v1/runs/{number}/log/stream?attempt=1"' in text
    assert 'data-end="288"' in text


def test_a_run_that_has_not_begun_gets_its_output_later(museum):
    waiting = text_of(museum.client("viewer"), f"/runs/{newest(museum, 'publish')}")
    assert 'aria-labelledby="log-title" data-live>' in waiting
    over = text_of(museum.client("viewer"), f"/runs/{newest(museum, 'backup')}")
    assert 'aria-labelledby="log-title">' in over


def test_neighbours_are_linked(museum):
    with museum.scene() as scene:
        new, run, old = scene.store.runs(RunFilter(job="cleanup-tmp", limit=3))
    text = text_of(museum.client("viewer"), f"/runs/{run.id}")
    assert f'href="/runs/{old.id}"' in text
    assert f'href="/runs/{new.id}"' in text


def test_an_output_that_is_gone_says_so(museum):
    words = words_of(text_of(museum.client("viewer"), f"/runs/{newest(museum, 'cleanup-tmp')}"))
    assert "is gone; outputs are kept for" in words


@pytest.mark.parametrize("path", ["/runs/999999", "/runs/0", "/runs/x", f"/runs/{2**70}"])
def test_a_run_that_is_not_there_is_not_found(museum, path):
    assert museum.client("viewer").get(path, headers=PAGE).status_code in {404, 422}


def test_a_token_of_some_jobs_sees_no_run_of_others(museum):
    client = museum.client(secret=museum.token("some", Role.OPERATOR, jobs=("cert*",)))
    text_of(client, f"/runs/{newest(museum, 'certbot')}")
    number = newest(museum, "backup")
    assert client.get(f"/runs/{number}", headers=PAGE).status_code == 404
    assert client.post(f"/runs/{number}/retry", headers=PAGE).status_code == 404
    assert client.post(f"/runs/{number}/stop", headers=PAGE).status_code == 404
