"""Jobs of each kind under a real supervisor: what they leave in the ledger."""

import pytest

from jobrunner.model.run import State
from tests.engine.theatre import Theatre
from tests.kinds.test_http import Site, serving

WORK = """
import time

def good(day):
    print("for", day)
    return {"message": day, "data": {"rows": 3}}

def bad():
    raise LookupError("no such row")

def waits():
    try:
        print("begun", flush=True)
        while True:  # a signal just before one long sleep would be heeded after it
            time.sleep(0.05)
    finally:
        print("cleaned")
"""


@pytest.fixture
def theatre(tmp_path):
    (tmp_path / "work.py").write_text(WORK)
    theatre = Theatre(tmp_path)
    yield theatre
    theatre.close()


def test_what_a_function_returns_and_raises_is_in_the_ledger(theatre):
    theatre.write(
        '[jobs.good]\npython = "work:good"\nargs = { day = "{run_id}" }\n'
        '[jobs.bad]\npython = "work:bad"\n'
    )
    theatre.start()
    good, bad = theatre.play("good"), theatre.play("bad")
    assert (good.state, good.message) == (State.SUCCESS, f"{good.id}")
    assert (bad.state, bad.reason) == (State.FAILED, "LookupError: no such row")


def test_a_function_that_is_stopped_cleans_up(theatre):
    theatre.write('[jobs.waits]\npython = "work:waits"\n')
    theatre.start()
    number = theatre.run("waits")
    theatre.until(lambda: theatre.output(theatre.store.run(number)) == "begun\n")
    theatre.ask("stop", run=number)
    run = theatre.end_of(number)
    assert (run.state, theatre.output(run)) == (State.STOPPED, "begun\ncleaned\n")


def test_an_answer_of_a_server_opens_a_breaker_unless_its_status_does_not_count(theatre):
    with serving(Site()) as site:
        site.answers["/gone"], site.answers["/down"] = (404, {}, b""), (503, {}, b"")
        rule = "breaker = { after = 1, exclude_status = [404] }"
        theatre.write(
            '[settings]\nallow_private_urls = ["127.0.0.1"]\n'
            f'[jobs.gone]\n{rule}\nhttp = {{ url = "{site.url("/gone")}" }}\n'
            f'[jobs.down]\n{rule}\nhttp = {{ url = "{site.url("/down")}" }}\n'
        )
        theatre.start()
        runs = [theatre.play(job) for job in ("gone", "down")]
    reasons = [run.reason.partition(",")[0] for run in runs]
    assert reasons == ["HTTP 404 Not Found", "HTTP 503 Service Unavailable"]
    breakers = theatre.store.breakers()
    assert breakers["down"].state == "open"
    assert breakers.get("gone") is None or breakers["gone"].state == "closed"
