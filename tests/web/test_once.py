"""`Idempotency-Key`: what is asked for twice is done once, and answered twice."""

import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from jobrunner.model.access import Role
from jobrunner.web.app import build
from tests.web.house import served

RUNS = "/api/v1/jobs/hello/runs"
KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


def post(client, path=RUNS, body=None, **headers):
    return client.post(path, json=body or {"overlap": "allow"}, headers=KEY | headers)


def asked(house):
    """How many runs were asked for."""
    with house.scene() as scene:
        return len(scene.store.take(owner="me", host="", now=house.clock.now()))


def same(first, second):
    names = ("location", "content-type", "content-length")
    told = [
        (each.status_code, each.content, [each.headers.get(name) for name in names])
        for each in (first, second)
    ]
    return told[0] == told[1]


def test_the_same_request_is_done_once_and_answered_alike(house):
    client = house.client("operator")
    first, second = post(client), post(client)
    assert first.status_code == 202
    assert same(first, second)
    assert (first.headers.get("idempotency-replayed"), asked(house)) == (None, 1)
    assert second.headers["idempotency-replayed"] == "true"


def test_a_key_counts_with_and_without_quotes(house):
    client = house.client("operator")
    post(client)
    post(client, **{"Idempotency-Key": KEY["Idempotency-Key"].strip('"')})
    assert asked(house) == 1


def test_it_holds_for_a_server_that_was_started_since(house):
    first = post(house.client("operator"))
    house.app = build(house.site)
    assert same(first, post(house.client("operator")))
    assert asked(house) == 1


def test_a_problem_is_answered_again_too(house):
    client = house.client("operator")
    first, second = (post(client, body={"params": {"no": "such"}}) for _ in range(2))
    assert (first.status_code, same(first, second)) == (422, True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (RUNS, {"overlap": "queue"}),
        ("/api/v1/jobs/report/runs", {"overlap": "allow"}),
        (f"{RUNS}?wait=1", {"overlap": "allow"}),
    ],
)
def test_a_key_of_another_request_is_refused(house, path, body):
    client = house.client("operator")
    post(client)
    answer = post(client, path, body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/api/problems#key-reused")
    assert asked(house) == 1


def test_a_key_of_somebody_else_is_refused_and_tells_nothing(house):
    first = post(house.client("operator"))
    other = house.client(secret=house.token("other", Role.OPERATOR))
    answer = post(other)
    assert (answer.status_code, answer.json()["type"]) == (422, "/api/problems#key-reused")
    assert first.headers["location"] not in answer.text


def test_who_is_not_let_in_learns_nothing_and_leaves_the_key_alone(house):
    assert post(house.client()).status_code == 401
    assert post(house.client("viewer")).status_code == 403
    assert post(house.client("operator")).status_code == 202
    assert post(house.client()).status_code == 401


def test_of_many_at_once_one_is_done(house):
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: post(house.client("operator")).status_code, range(6)))
    assert set(answers) <= {202, 409}
    assert asked(house) == 1


@pytest.mark.parametrize("key", ['""', "", "a b", "x" * 256, "schlüssel".encode(), '"a"b"'])
def test_what_is_no_key_is_refused(house, key):
    answer = post(house.client("operator"), **{"Idempotency-Key": key})
    assert (answer.status_code, asked(house)) == (400, 0)


def test_without_a_key_it_is_done_each_time(house):
    client = house.client("operator")
    for _ in range(2):
        client.post(RUNS, json={"overlap": "allow"})
    assert asked(house) == 2


def test_a_body_that_is_too_large_is_refused_with_a_key_too(house):
    client = house.client("operator")
    assert client.post(RUNS, content=b"x" * (2 << 20), headers=KEY).status_code == 413


def test_half_a_body_asks_for_nothing_and_leaves_the_key_alone(house):
    with served(house.app) as origin:
        leave_halfway(urlsplit(origin).port, house.secrets["operator"])
        assert asked(house) == 0
    assert post(house.client("operator")).status_code == 202


def leave_halfway(port, secret):
    """Promise a body, and go away before it comes."""
    head = {"Host": "localhost", "Authorization": f"Bearer {secret}", "Content-Length": "9"} | KEY
    lines = [f"POST {RUNS} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall("\r\n".join(lines).encode())
        line.shutdown(socket.SHUT_WR)
        line.settimeout(30)
        while line.recv(4096):
            pass
