"""Logs and news as they come: over real connections to a real server."""

from base64 import b64decode
from pathlib import Path

import httpx2
import pytest

from jobrunner.model.access import Role
from jobrunner.model.run import State
from jobrunner.store.value import Launch
from jobrunner.web import pulse
from tests.engine.report.ledger import ended, queued
from tests.web.api.listening import listening
from tests.web.api.stage import Stage
from tests.web.house import served

QUICK = 0.02  # seconds between two looks


@pytest.fixture
def hall(house):
    """A house that is served, and looked after quickly."""
    house.app.state.pulse.pace = QUICK
    with served(house.app) as house.origin:
        yield house


def begin(house, job="hello", content=b""):
    """A run whose first attempt has written so much; its number."""
    with house.scene() as scene:
        run = queued(scene.store, job, house.clock.now())
        attempt(house, run, 1, content)
    return run


def attempt(house, run, number, content):
    with house.scene() as scene:
        name = scene.state.output(run.id, number)
        path = Path(scene.state.output_path(name))
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        launch = Launch(run=run.id, output=name)
        scene.store.start([launch], owner="me", host="web-1", now=house.clock.now())


def write(house, run, content, number=1):
    with house.scene() as scene:
        path = Path(scene.state.output_path(scene.state.output(run.id, number)))
    with path.open("ab") as file:
        file.write(content)


def end(house, run, state=State.SUCCESS, retry_at=None):
    with house.scene() as scene:
        now = house.clock.now()
        ended(scene.store, scene.store.run(run.id), state, now, retry_at=retry_at)


def log_of(house, run, query="", **headers):
    return listening(
        house.origin, f"/runs/{run.id}/log/stream{query}", house.secrets["viewer"], **headers
    )


def text_of(events):
    return "".join(data["text"] for name, _, data in events if name == "message")


def test_what_a_run_writes_comes_as_it_is_written_up_to_its_end(hall):
    run = begin(hall, content=b"one\n")
    with log_of(hall, run) as events:
        assert [next(events)[:2], next(events)] == [
            ("attempt", "1:0"),
            ("message", "1:4", {"text": "one\n"}),
        ]
        write(hall, run, b"two\n")
        assert next(events) == ("message", "1:8", {"text": "two\n"})
        end(hall, run)
        assert [event[0] for event in events] == ["attempt_end", "end"]


def test_a_character_that_is_half_written_is_told_when_it_is_whole(hall):
    run = begin(hall, content="ä".encode()[:1])
    with log_of(hall, run) as events:
        assert next(events)[0] == "attempt"
        write(hall, run, "ä".encode()[1:])
        assert next(events)[1:] == ("1:2", {"text": "ä"})


def test_another_attempt_is_told_and_what_it_writes(hall):
    run = begin(hall, content=b"first\n")
    with log_of(hall, run) as events:
        assert text_of([next(events), next(events)]) == "first\n"
        end(hall, run, State.FAILED, retry_at=hall.clock.now())
        name, _, data = next(events)
        assert (name, data["next_attempt_at"] is None) == ("attempt_end", False)
        attempt(hall, run, 2, b"second\n")
        assert [next(events)[:2], next(events)[:2]] == [("attempt", "2:0"), ("message", "2:7")]


def test_who_comes_back_goes_on_where_he_was(hall):
    run = begin(hall, content=b"0123456789")
    end(hall, run)
    with log_of(hall, run, **{"Last-Event-ID": "1:4"}) as events:
        assert [next(events), next(events)[0]] == [
            ("message", "1:10", {"text": "456789"}),
            "attempt_end",
        ]
    with log_of(hall, run, "?from=7") as events:
        assert text_of(events) == "789"


def test_after_the_end_there_is_nothing_to_come_back_for(hall):
    run = begin(hall)
    end(hall, run)
    headers = {"Authorization": f"Bearer {hall.secrets['viewer']}", "Last-Event-ID": "end"}
    answer = httpx2.get(f"{hall.origin}/api/v1/runs/{run.id}/log/stream", headers=headers)
    assert answer.status_code == 204


def test_bytes_come_exactly_to_who_asks_for_them(hall):
    wrote = bytes(range(256)) * 3000  # more than one look reads
    run = begin(hall, content=wrote)
    end(hall, run)
    with log_of(hall, run, "?encoding=base64") as events:
        got = [b64decode(data["base64"]) for name, _, data in events if name == "message"]
    assert b"".join(got) == wrote


def test_what_was_given_back_to_the_disk_is_told(hall):
    run = begin(hall)
    with hall.scene() as scene:
        path = Path(scene.state.output_path(scene.state.output(run.id, 1)))
    with path.open("r+b") as file:
        file.write(b"a" * 4096)
        file.seek(1 << 20)
        file.write(b"z")
    end(hall, run)
    with log_of(hall, run) as events:
        told = {name: data for name, _, data in events}
    assert told["cut"]["bytes"] == (1 << 20) - 4096


def test_streams_end_when_the_server_is_about_to_stop(hall):
    run = begin(hall)
    with log_of(hall, run) as events:
        next(events)
        hall.app.state.pulse.end()
        assert list(events) == []


def test_news_are_told_when_there_are_any(hall):
    with listening(hall.origin, "/events", hall.secrets["viewer"]) as events:
        begin(hall)
        name, number, data = next(events)
        assert (name, len(number), [*data]) == ("change", 16, ["changed_at"])


def test_who_comes_back_hears_that_something_changed_meanwhile(hall):
    secret = hall.secrets["viewer"]
    with listening(hall.origin, "/events", secret, **{"Last-Event-ID": "older"}) as events:
        assert next(events)[0] == "change"


def test_news_of_other_jobs_are_none(hall):
    secret = hall.token("of-report", Role.VIEWER, jobs=("report",))
    with listening(hall.origin, "/events", secret) as events:
        begin(hall, "hello")
        shown = begin(hall, "report")
        first = next(events)
        assert first[0] == "change"
        end(hall, shown)
        assert next(events)[1] != first[1]


def test_a_stream_ends_when_its_token_is_revoked(hall):
    secret = hall.token("short-lived", Role.VIEWER)
    with listening(hall.origin, "/events", secret) as events:
        with hall.scene() as scene:
            scene.store.revoke("short-lived", hall.clock.now())
        assert [event for event in events if event[0] != "change"] == []


def test_streams_end_when_nobody_can_look_for_news_any_more(hall, monkeypatch, caplog):
    secret = hall.secrets["viewer"]
    with listening(hall.origin, "/events", secret, **{"Last-Event-ID": "older"}) as events:
        next(events)
        monkeypatch.setattr(pulse, "pulse_of", lambda *_: 1 / 0)
        assert list(events) == []
    assert "looking for news failed" in caplog.text


def test_there_are_only_so_many_streams(hall, monkeypatch):
    monkeypatch.setattr(pulse, "MOST", 1)
    secret = hall.secrets["viewer"]
    headers = {"Authorization": f"Bearer {secret}"}
    with listening(hall.origin, "/events", secret, **{"Last-Event-ID": "older"}) as events:
        next(events)
        answer = httpx2.get(f"{hall.origin}/api/v1/events", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (503, "/api/problems#full")


def test_a_real_run_is_followed_from_its_beginning_to_its_end(tmp_path):
    stage = Stage(tmp_path)
    try:
        stage.theatre.start()
        number = stage.post("/jobs/hello/runs", params={"wait": 30}).json()["run"]
        stage.house.app.state.pulse.pace = QUICK
        with served(stage.house.app) as stage.house.origin:
            run = stage.store.run(number)
            with log_of(stage.house, run) as events:
                found = list(events)
    finally:
        stage.close()
    assert text_of(found) == "hello you\n"
    assert (found[-1][0], found[-1][2]["state"]) == ("end", "success")
