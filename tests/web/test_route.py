"""Every route, for nobody, for each role, by each method: who may what."""

import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from jobrunner.model.access import Role
from jobrunner.web import api, compat, pages
from jobrunner.web.call import role_of
from tests.web.house import House

TABLE = Path(__file__).parent / "routes.txt"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ANYBODY = "anybody"
WHO = (None, *Role)
# What is filled into a path: nothing that exists, so that nothing is done to it.
NOTHING = "0"
# What never ends is let in where a real server is asked.
ENDLESS = {"/api/v1/events"}


def routes():
    """Method, path and the role that is asked for, of every route there is."""
    found = [
        (method, route.path, str(role_of(route) or ANYBODY))
        for part in (api, compat, pages)
        for router in part.ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods - {"HEAD"}
    ]
    return sorted(found, key=lambda each: (each[1], each[0]))


ROUTES = routes()


@pytest.fixture(scope="module")
def lodge(tmp_path_factory):
    """One house for all: none of these calls changes it."""
    return House(tmp_path_factory.mktemp("house"))


def test_the_table_of_routes_is_what_was_reviewed(kept):
    kept(TABLE, "".join(f"{method:7}{role:9} {path}\n" for method, path, role in ROUTES))


def test_no_route_is_there_twice():
    assert len({each[:2] for each in ROUTES}) == len(ROUTES)


def pattern(path):
    """What a path fits, as a regular expression: `jobs/add` may be a job of that name."""
    return "[^/]+".join(map(re.escape, re.split(r"\{[^}]*\}", path)))


def status(lodge, who, method, path):
    filled = re.sub(r"\{[^}]*\}", NOTHING, path)
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    content = b"" if method == "GET" else b'{"nothing": "of that kind"}'
    client = lodge.client(who)
    # What answers GET with a stream would not come to an end.
    method = "HEAD" if method == "GET" else method
    return client.request(method, filled, headers=headers, content=content).status_code


@pytest.mark.parametrize(("method", "path", "role"), [r for r in ROUTES if r[2] != ANYBODY])
def test_a_route_refuses_who_has_not_the_role(lodge, method, path, role):
    for who in WHO:
        if path in ENDLESS and who and who.covers(Role(role)):
            continue
        found = status(lodge, who, method, path)
        if who is None:
            assert found == 401
        elif not who.covers(Role(role)):
            assert found == 403
        else:
            assert found != 401 and found < 500  # noqa: PT018 - one thing: it is let in


@pytest.mark.parametrize(("method", "path", "role"), [r for r in ROUTES if r[2] == ANYBODY])
def test_what_anybody_may_call_never_fails(lodge, method, path, role):
    # Not ready and not signed in are answers.
    assert status(lodge, None, method, path) in {200, 303, 304, 400, 401, 403, 404, 422, 429, 503}


@pytest.mark.parametrize("path", sorted({path for _, path, _ in ROUTES}))
def test_a_method_that_a_path_does_not_have_is_refused(lodge, path):
    filled = re.sub(r"\{[^}]*\}", NOTHING, path)
    known = {method for method, other, _ in ROUTES if re.fullmatch(pattern(other), filled)}
    for method in set(METHODS) - known:
        assert status(lodge, Role.ADMIN, method, path) in {404, 405}
