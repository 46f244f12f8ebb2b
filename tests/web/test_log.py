"""What serving writes down of requests and of trouble."""

import json
import logging

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from jobrunner.clock import SystemClock
from jobrunner.engine.diary import Diary
from jobrunner.web.log import AccessLog, Relay

CLOCK = SystemClock()


def site(request):
    if "bad" in request.url.path:
        raise ValueError(request.url.path)
    return PlainTextResponse("fine")


@pytest.fixture
def client(house):
    """Who asks a small application that notes its requests."""

    def client(level="debug", form="text"):
        app = Starlette(routes=[Route("/{path:path}", site)])
        diary = Diary(CLOCK, level, form)
        noted = AccessLog(app, house.site, diary, CLOCK)
        return TestClient(noted, client=("192.0.2.1", 1), raise_server_exceptions=False)

    return client


@pytest.fixture
def logger():
    """A logger with a relay of its own."""
    found, relay = logging.getLogger(__name__), Relay(Diary(CLOCK, "debug"))
    found.propagate = False
    found.addHandler(relay)
    yield found
    found.name = __name__
    found.removeHandler(relay)


def test_a_request_is_a_line(client, capsys):
    client().get("/api/v1/jobs?code=secret")
    assert " debug 192.0.2.1 GET /api/v1/jobs 200 in " in capsys.readouterr().err


def test_none_is_written_unless_it_is_wanted(client, capsys):
    client("info").get("/a")
    assert capsys.readouterr().err == ""


def test_a_line_may_be_an_object(client, capsys):
    client(form="json").get("/a")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"]) == ("request", "debug")
    assert "execution_time_ms" in line


def test_nobody_writes_lines_of_his_own(client, capsys):
    client().get("/a%0a2026-11-20T12:00:00Z error forged%1b[2J")
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "\x1b" not in said


def test_an_answer_that_never_came_is_told_as_such(client, capsys):
    noted = client()

    async def app(scope, receive, send):
        raise ValueError

    noted.app._app = app
    noted.get("/a")
    assert " GET /a left in " in capsys.readouterr().err


def test_an_error_is_told_once_with_all_that_led_to_it(logger, capsys):
    try:
        raise ValueError("why")  # noqa: TRY301 - it is to have a traceback
    except ValueError:
        logger.exception("GET /a failed")
        logger.exception("Exception in ASGI application")
    said = capsys.readouterr().err
    assert "ASGI" not in said
    assert said.count("ValueError: why") == 1
    assert "Traceback" in said


def test_what_strangers_send_is_no_trouble(logger, capsys):
    logger.name = "uvicorn.error"
    logger.warning("Invalid HTTP request received.")
    assert " debug Invalid HTTP request received." in capsys.readouterr().err


def test_what_we_warn_of_is_a_warning(logger, capsys):
    logger.warning("nobody could look")
    assert " warning nobody could look" in capsys.readouterr().err
