"""No part of a path is ever a path on this host, whoever sends it."""

import asyncio
import re
from urllib.parse import unquote

import pytest
from fastapi.routing import APIRoute

from jobrunner.model.access import Role
from jobrunner.model.run import State
from jobrunner.web import api, compat, pages
from jobrunner.web.call import parameters_of
from tests.engine.report.ledger import ran
from tests.web.house import JOBS, House

EDITABLE = f"[serve]\nallow_edit = true\n{JOBS}"
CANARY = "treasure-of-the-host"
PASSWD = "root:x:0:"
PAYLOADS = (
    "..",
    ".",
    "../secret",
    "../../secret",
    "../../../../../../etc/passwd",
    "..%2fsecret",
    "..%2f..%2fsecret",
    "%2e%2e%2fsecret",
    "%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252fsecret",
    "..%252fsecret",
    "..%5csecret",
    "..\\secret",
    "....//secret",
    "....%2f%2fsecret",
    "%2fetc%2fpasswd",
    "%2fproc%2fself%2fenviron",
    "file:%2f%2f%2fetc%2fpasswd",
    "secret%00.txt",
    "..%00%2fsecret",
    "%c0%ae%c0%ae%c0%afsecret",
    "%uff0e%uff0e%u2215secret",
    "%e2%80%ae..%2fsecret",
    "~%2fsecret",
    "~root",
    "$HOME%2fsecret",
    "hello%2f..%2f..%2fsecret",
    "style.css%2f..%2f..%2fapp.py",
    "-1",
    "9" * 40,
    "%f0%9f%92%a3",
    "a" * 5000,
)


# What is there, so that a query is looked at; what never ends is asked elsewhere.
FILLED = {"name": "hello", "number": "1", "run": "1"}
ENDLESS = "/stream"


def every_route():
    return [
        (method, route)
        for part in (api, compat, pages)
        for router in part.ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods - {"HEAD"}
    ]


def routes():
    return sorted({(method, route.path) for method, route in every_route() if "{" in route.path})


def questions():
    """Every parameter that a query may have."""
    return sorted(
        (method, route.path, name)
        for method, route in every_route()
        for name in parameters_of(route)
        if not route.path.endswith(ENDLESS)
    )


@pytest.fixture(scope="module")
def lodge(tmp_path_factory):
    """One house for all, where an admin may change everything, and a secret beside it."""
    folder = tmp_path_factory.mktemp("yard")
    for place in (folder, folder / "house"):
        place.mkdir(exist_ok=True)
        (place / "secret").write_text(CANARY)
    house = House(folder / "house", EDITABLE)
    with house.scene() as scene:
        ran(scene.store, "hello", State.SUCCESS)
    return house


def seen(house):
    """What is beside the state folder, and what each file holds."""
    return {
        path: path.read_bytes()
        for path in house.folder.parent.rglob("*")
        if path.is_file() and ".jobrunner" not in path.parts
    }


async def answer(house, method, path, query=""):
    """As it comes over the line: no client has tidied the path."""
    headers = {
        "host": "localhost",
        "authorization": f"Bearer {house.secrets[Role.ADMIN]}",
        "content-type": "application/json",
        "if-match": "*",
    }
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    told = []

    async def receive():
        return {"type": "http.request", "body": b"" if method == "GET" else b"{}"}

    async def send(message):
        told.append(message)

    await house.app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in told)
    return told[0]["status"], body.decode(errors="replace")


@pytest.mark.parametrize(("method", "path"), routes())
def test_a_part_of_a_path_leads_to_no_file(lodge, method, path):
    async def ask():
        for payload in PAYLOADS:
            filled = payload.join(re.split(r"\{[^}]*\}", path))
            status, told = await answer(lodge, method, filled)
            assert 300 <= status < 500, (payload, told)
            assert (CANARY in told, PASSWD in told) == (False, False)

    before = seen(lodge)
    asyncio.run(ask())
    assert seen(lodge) == before


@pytest.mark.parametrize(("method", "path", "name"), questions())
def test_a_value_of_a_query_leads_to_no_file(lodge, method, path, name):
    filled = re.sub(r"\{([^}]*)\}", lambda found: FILLED.get(found[1], "0"), path)

    async def ask():
        for payload in PAYLOADS:
            status, told = await answer(lodge, method, filled, f"{name}={payload}")
            assert 200 <= status < 500, (payload, told)
            assert (CANARY in told, PASSWD in told) == (False, False)

    before = seen(lodge)
    asyncio.run(ask())
    assert seen(lodge) == before
