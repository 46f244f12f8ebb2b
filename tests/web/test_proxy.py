"""examples/proxy/nginx.conf in a real nginx, with a real `serve` behind it."""

import re
import socket
import subprocess
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jobrunner.clock import SystemClock
from jobrunner.engine.access import token
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State
from jobrunner.model.access import Role
from tests.engine.serving.test_door import certified
from tests.web.service import LINK, service, trusting

CLOCK = SystemClock()
EXAMPLE = (Path(__file__).parents[2] / "examples/proxy/nginx.conf").read_text()
JOBS = """
[serve]
port = 0
base_path = "/jobs"
allowed_hosts = ["ops.example.com"]
trusted_proxies = ["127.0.0.1"]
user_header = "Remote-User"
[jobs.hello]
command = "true"
"""
MAIN = """
daemon off; master_process off; pid {0}/nginx.pid; error_log {0}/nginx.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {0}/t1; proxy_temp_path {0}/t2; fastcgi_temp_path {0}/t3;
    uwsgi_temp_path {0}/t4; scgi_temp_path {0}/t5;
    include {0}/site.conf;
}}
"""


class Proxy:
    """One with its own port and certificate; behind it a page."""

    def __init__(self, folder, page, certificate, port):
        self.folder, self.page, self.port = folder, page, port
        self.context = trusting(certificate[0])

    def get(self, path, **headers):
        """Status, headers, body: as a browser that calls it ops.example.com."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(
            HTTPSConnection("localhost", self.port, timeout=30, context=self.context)
        ) as line:
            line.request("GET", path, headers={"Host": "ops.example.com"} | named)
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read().decode()


def signed_in_by_nginx(text):
    """The example with its own sign-in instead of none."""
    without = text.replace('        proxy_set_header Remote-User "";\n', "")
    return re.sub(r"^ +#(?=\S)", "", without, flags=re.MULTILINE)


@pytest.fixture
def start(tmp_path, program):
    """Have nginx use the example, changed as little as a test takes."""
    nginx, certificate = program("nginx", "nginx-light"), certified(program, tmp_path)
    (tmp_path / "jobs.toml").write_text(JOBS)
    (tmp_path / "nginx.conf").write_text(MAIN.format(tmp_path))
    (tmp_path / "jobs.htpasswd").write_text("ann:{PLAIN}secret\n")
    processes = []

    def start(change=lambda text: text):
        page = processes[0] = service(tmp_path, "serve")
        found = page.__enter__()
        port = _free()
        changes = {
            "listen 443": f"listen 127.0.0.1:{port}",
            "http://127.0.0.1:8787": f"http://{urlsplit(found.url).netloc}",
            "/etc/ssl/certs/ops.example.com.pem": certificate[0],
            "/etc/ssl/private/ops.example.com.key": certificate[1],
            "/etc/nginx/jobs.htpasswd": f"{tmp_path}/jobs.htpasswd",
        }
        text = change(EXAMPLE)
        for old, new in changes.items():
            text = text.replace(old, new)
        (tmp_path / "site.conf").write_text(text)
        processes.append(subprocess.Popen([nginx, "-c", tmp_path / "nginx.conf", "-p", tmp_path]))
        _await(port)
        return Proxy(tmp_path, found, certificate, port)

    processes.append(None)
    yield start
    for each in processes[1:]:
        each.terminate()
        each.wait(30)
    processes[0].__exit__(None, None, None)


def _free():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _await(port):
    deadline = CLOCK.elapsed() + 30
    while CLOCK.elapsed() < deadline:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            CLOCK.sleep(0.02)
    raise AssertionError(port)


def test_the_first_visitor_signs_in_through_it(start):
    proxy = start()
    link = urlsplit(proxy.page.until(LINK))
    status, headers, _ = proxy.get(f"{link.path}?{link.query}")
    assert (status, headers["location"]) == (303, "/jobs/")
    cookie = headers["set-cookie"]
    assert re.match(r"__Host-jobrunner-\d+=\S+;.* Secure", cookie)
    status, _, body = proxy.get("/jobs/", Accept="text/html", Cookie=cookie.partition(";")[0])
    assert status == 200
    assert 'href="/jobs/static/' in body


def test_without_its_sign_in_nobody_tells_a_name(start):
    proxy = start()
    _token(proxy, "ann")
    assert proxy.get("/jobs/api/v1/status", Remote_User="ann")[0] == 401


def test_who_signs_in_there_has_the_rights_of_the_token_of_that_name(start):
    proxy = start(signed_in_by_nginx)
    basic = {"Authorization": "Basic YW5uOnNlY3JldA=="}
    assert proxy.get("/jobs/api/v1/status")[0] == 401
    assert proxy.get("/jobs/api/v1/status", **basic)[0] == 403
    _token(proxy, "ann")
    assert proxy.get("/jobs/api/v1/status", **basic)[0] == 200
    assert proxy.get("/jobs/api/v1/status", Remote_User="root", **basic)[0] == 200


def test_news_come_through_it_at_once(start):
    proxy = start()
    secret = _token(proxy, "grafana")
    line = HTTPSConnection("localhost", proxy.port, timeout=30, context=proxy.context)
    with closing(line):
        headers = {"Host": "ops.example.com", "Authorization": f"Bearer {secret}"}
        line.request("GET", "/jobs/api/v1/events", headers=headers)
        answer = line.getresponse()
        assert answer.headers["content-type"].startswith("text/event-stream")
        _token(proxy, "other")
        with closing(_ledger(proxy)) as store:
            store.note_tick("host", CLOCK.now(), CLOCK.now() - CLOCK.now())
        assert answer.readline()


def _ledger(proxy):
    return ledger(State(f"{proxy.folder}/.jobrunner"))


def _token(proxy, name):
    with closing(_ledger(proxy)) as store:
        return token.create(store, name, Role.VIEWER, by="ann", now=CLOCK.now())[1]
