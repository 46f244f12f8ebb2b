"""What a browser can be tricked into is refused, whoever is signed in."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.web.house import House, served

STATUS = "/api/v1/status"
# All that a page elsewhere can send without asking first.
FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8787", "", "[::2]"])
def test_a_strange_host_name_is_refused(house, host):
    answer = house.client("admin").get(STATUS, headers={"Host": host})
    assert answer.status_code == 403
    assert answer.json()["type"] == "/api/problems#wrong-host"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8787", "[::1]:8787"])
def test_the_names_of_this_host_are_served(house, host):
    assert house.client("viewer").get(STATUS, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Cookie": "any=thing"},
    ],
)
def test_a_change_from_another_site_is_refused(house, headers):
    answer = house.client("admin").post("/anything", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "/api/problems#cross-site")


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost:8787"}]
)
def test_a_change_from_our_own_page_or_no_browser_passes(house, headers):
    assert house.client("admin").post("/anything", headers=headers).status_code == 404


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("path", ["/api/v1/jobs/hello/runs", "/api/v1/tokens", "/api/compat/jobs"])
def test_what_a_form_can_send_is_no_json(house, path, kind):
    body = b'{"name": "mine", "role": "admin"}'
    answer = house.client("admin").post(path, content=body, headers={"Content-Type": kind})
    assert answer.status_code == 415


def test_every_answer_says_what_a_browser_may_do_with_it(house):
    for answer in (house.client().get("/"), house.client("viewer").get(STATUS)):
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"


def test_the_number_of_a_request_comes_back(house):
    client = house.client("viewer")
    assert client.get(STATUS, headers={"X-Request-Id": "a-1"}).headers["x-request-id"] == "a-1"
    mangled = client.get(STATUS, headers={"X-Request-Id": "<b>"}).headers["x-request-id"]
    assert len(mangled) == 16


def test_a_body_that_is_too_large_is_refused(house):
    answer = house.client("admin").post("/api/v1/status", content=b"x" * (2 << 20))
    assert answer.status_code in {405, 413}


@pytest.mark.parametrize("origin", ["null", "", "file://"])
def test_an_origin_without_a_host_is_none_of_ours_behind_a_proxy_either(tmp_path, origin):
    house = House(tmp_path, '[serve]\ntrusted_proxies = ["10.0.0.0/8"]\n')
    client = house.client("admin", Origin=origin)
    client._transport.client = ("10.1.2.3", 5)
    assert client.post("/anything").json()["type"] == "/api/problems#cross-site"


def test_a_request_of_two_lengths_is_refused_with_all_that_follows(house):
    with served(house.app) as origin:
        port = urlsplit(origin).port
        with socket.create_connection(("127.0.0.1", port), 30) as line:
            line.sendall(TWO_LENGTHS)
            answer = b"".join(iter(lambda: line.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


TWO_LENGTHS = (
    b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
)
