"""Who watches this server is told whether it lives and is ready, without a token."""

from datetime import timedelta
from pathlib import Path

from jobrunner.formats.prometheus import OPENMETRICS_TYPE, TEXT_TYPE
from jobrunner.model.access import Role
from tests.build import NOON, FakeClock
from tests.web.house import JOBS, House

MINUTE = timedelta(minutes=1)


def ready(house):
    answer = house.client().get("/readyz")
    return answer.status_code, answer.json()["ready"], "".join(answer.json()["problems"])


def test_it_lives_for_whoever_asks(house):
    answer = house.client().get("/healthz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)


def test_it_is_ready_while_ticks_come(tmp_path):
    house = House(tmp_path, JOBS, FakeClock())
    assert ready(house) == (503, False, "No tick has come yet, or for a day.")
    with house.scene() as scene:
        scene.store.note_tick("web-1", NOON, MINUTE)
    assert ready(house) == (200, True, "")
    house.clock.advance(4 * MINUTE)
    assert ready(house) == (503, False, "No tick has come for 4m 00s.")


def test_a_ledger_that_cannot_be_read_is_told_without_where_it_is(house):
    with house.scene() as scene:
        path = scene.state.ledger
    Path(path).write_bytes(b"x" * 8192)
    status, _, told = ready(house)
    assert (status, told) == (503, "The ledger cannot be read; the log of serve says why.")
    assert str(house.folder) not in house.client().get("/readyz").text


def test_why_a_ledger_cannot_be_read_is_for_the_log_and_said_there_once(house, caplog):
    with house.scene() as scene:
        path = Path(scene.state.ledger)
    good = path.read_bytes()
    for content in (b"x" * 8192, good, b"x" * 8192):
        path.write_bytes(content)
        for asked in ("/api/v1/status", "/", "/sign-in", "/readyz"):
            assert str(house.folder) not in house.client().get(asked).text
    assert [record.message.count(str(path)) for record in caplog.records] == [1, 1]


def test_figures_are_given_in_the_format_that_is_accepted(viewer):
    assert viewer.get("/metrics").headers["content-type"] == TEXT_TYPE
    answer = viewer.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert answer.headers["content-type"] == OPENMETRICS_TYPE
    assert answer.text.endswith("# EOF\n")


def test_figures_take_a_token_and_are_of_its_jobs_alone(past):
    assert past.client().get("/metrics").status_code == 401
    secret = past.token("prometheus", Role.VIEWER, jobs=("certbot",))
    text = past.client(secret=secret).get("/metrics").text
    assert 'name="certbot"' in text
    assert 'name="backup"' not in text
