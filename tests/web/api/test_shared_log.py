"""What a run writes on another host, over the API of this one."""

from contextlib import closing

import pytest

from jobrunner.store import open_store
from tests.engine.cluster.harbour import Harbour
from tests.store.server import empty
from tests.web.api.listening import listening
from tests.web.house import House, served

JOBS = """
[settings]
store = "{url}"
host = "b"

[jobs.backup]
cron = "0 3 * * *"
command = "true"
"""


@pytest.fixture
def harbour(tmp_path, ledger):
    empty(ledger)
    with closing(open_store(ledger)) as store:
        yield Harbour(tmp_path, store)


@pytest.fixture
def house(tmp_path, ledger, harbour):
    folder = tmp_path / "house"
    folder.mkdir()
    return House(folder, JOBS.format(url=ledger))


@pytest.fixture
def viewer(house):
    with house.client("viewer") as client:
        yield client


def test_it_can_be_read_whole_in_part_and_by_its_last_lines(harbour, viewer):
    job = harbour.begin()
    harbour.write(job, b"one\ntwo\nthree\n")
    harbour.sink(job)
    path = f"/api/v1/runs/{job.run.id}/log"
    assert viewer.get(path).content == b"one\ntwo\nthree\n"
    assert viewer.get(path, headers={"Range": "bytes=4-6"}).content == b"two"
    assert viewer.get(f"{path}?tail=1").content == b"three\n"


def test_the_page_of_the_run_shows_it(harbour, viewer):
    job = harbour.begin()
    harbour.write(job, b"written on a\n")
    harbour.sink(job)
    assert "written on a" in viewer.get(f"/runs/{job.run.id}").text


def test_what_was_not_sent_is_not_there(harbour, viewer):
    job = harbour.begin()
    harbour.write(job, b"x")
    harbour.end(job)
    answer = viewer.get(f"/api/v1/runs/{job.run.id}/log")
    assert answer.status_code == 404
    assert "ran on a" in answer.json()["detail"]


def test_a_stream_tells_it_as_it_comes_and_all_before_the_end(harbour, house):
    job = harbour.begin()
    harbour.write(job, b"one\n")
    harbour.ship.see_to()
    harbour.turn()
    house.app.state.pulse.pace = 0.1
    path = f"/runs/{job.run.id}/log/stream"
    with (
        served(house.app) as origin,
        listening(origin, path, house.secrets["viewer"]) as events,
    ):
        told = [next(events)[0], next(events)[2]["text"]]
        harbour.write(job, b"two\n")
        harbour.turn()
        told.append(next(events)[2]["text"])
        harbour.write(job, b"three\n")
        ended = harbour.end(job)
        harbour.ship.note([ended])
        harbour.ship.see_to()
        told += [data["text"] if name == "message" else name for name, _, data in events]
    assert told == ["attempt", "one\n", "two\n", "three\n", "attempt_end", "end"]
