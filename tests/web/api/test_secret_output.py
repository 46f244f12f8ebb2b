"""While a job runs, its secrets are in the file that it writes, and in no answer."""

import pytest

from tests.engine.report.ledger import queued
from tests.web.api.listening import listening
from tests.web.api.test_stream import QUICK, attempt, end, write
from tests.web.house import House, served

JOBS = """
[jobs.loud]
command = "loud"
env = { PGPASSWORD = "hunter2" }
redact = ["Bearer [a-z]+"]
"""
WROTE = b"before hunter2\nBearer abcdef after\n"
SHOWN = "before *******\n************* after\n"


@pytest.fixture
def hall(tmp_path):
    house = House(tmp_path, JOBS)
    house.app.state.pulse.pace = QUICK
    return house


@pytest.fixture
def run(hall):
    with hall.scene() as scene:
        found = queued(scene.store, "loud", hall.clock.now())
    attempt(hall, found, 1, WROTE)
    return found


@pytest.mark.parametrize("query", ["", "?inline=true", "?tail=2"])
def test_a_log_that_is_read_shows_none(hall, run, query):
    answer = hall.client("viewer").get(f"/api/v1/runs/{run.id}/log{query}")
    assert answer.text == SHOWN


def test_a_part_of_it_is_refused_rather_than_cut_through_a_secret(hall, run):
    client = hall.client("viewer")
    answer = client.get(f"/api/v1/runs/{run.id}/log", headers={"Range": "bytes=9-"})
    assert (answer.status_code, answer.text) == (200, SHOWN)


def test_the_page_of_a_run_shows_none(hall, run):
    page = hall.client("viewer").get(f"/runs/{run.id}", headers={"Accept": "text/html"}).text
    assert "before *******" in page
    assert "hunter2" not in page
    assert "abcdef" not in page


@pytest.mark.parametrize("encoding", ["text", "pieces", "base64"])
def test_a_stream_shows_none_and_ends_with_what_was_held_back(hall, run, encoding):
    path = f"/runs/{run.id}/log/stream?encoding={encoding}"
    with served(hall.app) as origin, listening(origin, path, hall.secrets["viewer"]) as events:
        assert next(events)[0] == "attempt"
        _, number, _ = next(events)
        assert number == f"1:{len(WROTE)}"
        write(hall, run, b"no end of line, hunt")
        end(hall, run)
        told = [*events]
    assert [name for name, *_ in told] == ["message", "attempt_end", "end"]
