"""Every route of docs/compat.md is there, and answers; and no other is."""

import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from jobrunner import config
from jobrunner.model.run import State
from jobrunner.web import compat
from jobrunner.web.call import role_of
from tests.engine.report.ledger import MINUTE, ran
from tests.web.compat.caller import Caller

PAGE = Path(__file__).parents[3].joinpath("docs/compat.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| .+ \| `([A-Z]+) (/api/compat/\S+)` \| (\w+) \|$", re.MULTILINE)
TABLE = sorted({*ROW.findall(PAGE)})
BODIES = {
    "POST /api/compat/jobs": {"days": 14, "callback_url": "https://app.example.com/"},
    "POST /api/compat/job/add": {"name": "Front page", "hour": 9, "minute": 5},
    "PUT /api/compat/jobs/{name}": {"days": 7},
    "POST /api/compat/set-interval": {"interval_hours": 3},
    "POST /api/compat/retry-config": {"max_retries": 2},
    "PUT /api/compat/retry-config": {"retry_delay": 60},
}


def routes():
    return sorted(
        (method, route.path, str(role_of(route) or "anybody"))
        for router in compat.ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    )


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """A host with a past, on which a supervisor is awake."""
    host = Caller(tmp_path_factory.mktemp("host"))
    ran(host.store, "refresh", State.SUCCESS)
    host.store.note_tick("web-1", host.house.clock.now(), MINUTE)
    host.theatre.start()
    yield host
    host.close()


def test_the_table_of_the_page_has_every_route_and_its_role():
    assert routes() == TABLE


@pytest.mark.parametrize(("method", "path", "role"), TABLE)
def test_every_route_of_the_table_answers(host, method, path, role):
    before = host.house.file.read_text()
    client = host.client(None if role == "anybody" else role)
    body = BODIES.get(f"{method} {path}")
    answer = client.request(method, path.replace("{name}", "refresh"), json=body)
    host.house.file.write_text(before)
    assert answer.status_code in {200, 201}, answer.text
    told = answer.json()
    assert told.get("status", "success") in {"success", "healthy"}


@pytest.mark.parametrize(("method", "path", "role"), TABLE)
def test_what_goes_wrong_is_a_problem_with_a_message(host, method, path, role):
    if role == "anybody":
        pytest.skip("it refuses nobody")
    answer = host.client(None).request(method, path.replace("{name}", "refresh"))
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (told["status"], told["message"]) == (401, "A token is needed")


def test_other_parts_of_the_api_keep_their_problems(host):
    assert "message" not in host.client(None).get("/api/v1/jobs").json()


def test_the_examples_of_the_page_are_right():
    for example in re.findall(r"```toml\n(.+?)```", PAGE, re.DOTALL):
        assert config.parse(example.replace('"echo.env"', "[]"), "jobs.toml").jobs
