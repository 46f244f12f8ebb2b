"""A URL is called by a real process, over real connections on the loopback."""

import json
import ssl
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from jobrunner.errors import UnusableError
from jobrunner.kinds.kind import prepare
from jobrunner.kinds.trace import traceparent
from jobrunner.model.job import Http, Param
from jobrunner.model.value import Duration, Regex
from tests.build import make_job
from tests.kinds.stage import make_facts, make_setting, reader
from tests.notify.receiver import closed_port, silent

LOOPBACK = ("127.0.0.0/8",)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


class Site:
    """A web server: what it got, and how it answers each path."""

    def __init__(self):
        self.got = []
        self.answers = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"

    def url(self, path="/"):
        return f"http://{self.host}{path}"

    def _handler(self):
        site = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                told = SimpleNamespace(
                    method=self.command, path=self.path, headers=self.headers, body=body
                )
                site.got.append(told)
                path = self.path.partition("?")[0]
                status, headers, text = site.answers.get(path, (200, {}, b"hello"))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(text)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(text)

            def log_message(self, *_):
                pass

        for method in METHODS:
            setattr(Handler, f"do_{method}", Handler.answer)
        return Handler


@contextmanager
def serving(site):
    thread = threading.Thread(target=site.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        site.server.server_close()
        thread.join()


@pytest.fixture
def site():
    with serving(Site()) as site:
        yield site


@pytest.fixture
def called(tmp_path):
    """Make a call for real: the exit code, the result, the output."""

    def called(url="", *, networks=LOOPBACK, env=None, facts=None, files=None, **http):
        path = tmp_path / "result.json"
        path.write_text("")
        told = {"url": url} if url else {}
        job = make_job(command=None, http=Http(**told, **http), env=env or {}, cwd="/")
        task = prepare(
            make_setting(
                job,
                networks=networks,
                result_path=str(path),
                facts=facts or make_facts(),
                read=reader(files or {}),
            )
        )
        done = subprocess.run(
            task.argv, cwd="/", env=task.env, input=task.stdin, capture_output=True, check=False
        )
        assert b"Traceback" not in done.stderr
        return SimpleNamespace(
            code=done.returncode,
            result=json.loads(path.read_text()),
            output=done.stdout,
            told=done.stderr,
        )

    return called


def test_head_and_body_of_the_answer_are_the_output(called, site):
    done = called(site.url())
    assert (done.code, done.result["success"], done.result["status"]) == (0, True, 200)
    assert done.output.startswith(b"HTTP/1.0 200 OK\n")
    assert done.output.endswith(b"\n\nhello")
    assert done.result["message"].startswith("HTTP 200 OK, 5 bytes in ")


def test_who_is_called_is_told_where_the_attempt_stands_in_a_trace(called, site):
    called(site.url())
    assert site.got[0].headers["traceparent"] == traceparent(make_setting().uuid, 2)


def test_a_job_may_tell_of_another_trace(called, site):
    called(site.url(), headers={"TraceParent": "other"})
    assert site.got[0].headers.get_all("traceparent") == ["other"]


def test_a_payload_is_filled_and_posted_as_json(called, site):
    called(
        site.url(), json={"day": "{slot-1d:%Y-%m-%d}", "n": [1, True], "deep": {"a": "{attempt}"}}
    )
    (got,) = site.got
    assert (got.method, got.headers["Content-Type"]) == ("POST", "application/json")
    assert json.loads(got.body) == {"day": "2026-11-19", "n": [1, True], "deep": {"a": "2"}}


def test_a_value_stays_one_piece_of_the_address():
    http = Http(url="http://x/{param.q}?d={slot}&q={param.q}")
    job = make_job(command=None, http=http, params={"q": Param()}, cwd="/")
    task = prepare(make_setting(job, facts=make_facts(params={"q": "a&b/../x #\u00e9"})))
    piece = "a%26b%2F..%2Fx%20%23%C3%A9"
    url = json.loads(task.stdin)["url"]
    assert url == f"http://x/{piece}?d=2026-11-20T12%3A00%3A00%2B00%3A00&q={piece}"


@pytest.mark.parametrize(
    ("http", "status", "is_good"),
    [
        ({}, 204, True),
        ({}, 404, False),
        ({}, 500, False),
        ({"expect_status": (404,)}, 404, True),
        ({"expect_status": (200,)}, 204, False),
    ],
)
def test_the_status_decides(called, site, http, status, is_good):
    site.answers["/"] = (status, {}, b"")
    done = called(site.url(), **http)
    assert (done.code == 0, done.result["success"], done.result["status"]) == (
        is_good,
        is_good,
        status,
    )


def test_an_unexpected_status_is_told_with_what_was_expected(called, site):
    site.answers["/"] = (503, {}, b"later")
    done = called(site.url())
    assert done.result["message"] == "HTTP 503 Service Unavailable, expected 2xx"
    assert done.result["error"] == "status"
    assert done.output.endswith(b"later")


@pytest.mark.parametrize(("body", "gap"), [(b"later", b"\n"), (b"later\n", b""), (b"", b"")])
def test_what_is_told_of_an_answer_stands_on_a_line_of_its_own(called, site, body, gap):
    site.answers["/"] = (503, {}, body)
    assert called(site.url()).told == gap + b"HTTP 503 Service Unavailable, expected 2xx\n"


def test_an_answer_without_what_it_has_to_hold_is_a_failure(called, site):
    assert called(site.url(), expect_body=Regex("hel+o")).code == 0
    done = called(site.url(), expect_body=Regex("goodbye"))
    assert (done.code, done.result["error"]) == (1, "body")


def test_secrets_come_from_variables_and_stand_in_no_argument(called, site):
    called(
        url_env="HOOK",
        headers_env={"Authorization": "TOKEN"},
        env={"HOOK": site.url("/hook"), "TOKEN": "Bearer hunter22"},
    )
    (got,) = site.got
    assert (got.path, got.headers["Authorization"]) == ("/hook", "Bearer hunter22")


def test_the_address_may_be_in_a_file(called, site):
    called(url_file="/secret.url", files={"/secret.url": f"{site.url('/x')}\n".encode()})
    assert site.got[0].path == "/x"


def test_a_variable_that_is_not_set_is_told():
    job = make_job(command=None, http=Http(url_env="HOOK"), cwd="/")
    with pytest.raises(UnusableError, match=r"\$HOOK is not set for the job"):
        prepare(make_setting(job))


def test_a_name_and_a_password_in_the_address_sign_in(called, site):
    called(f"http://ann:p%40ss@{site.host}/")
    assert site.got[0].headers["Authorization"] == "Basic YW5uOnBAc3M="


def test_an_address_inside_is_called_only_if_it_is_allowed(called, site):
    done = called(site.url(), networks=())
    assert (done.code, done.result["error"], site.got) == (1, "unreachable", [])
    assert "allow_private_urls" in done.result["message"]


def test_a_redirection_inside_is_not_followed(called, site):
    site.answers["/"] = (302, {"Location": "http://10.0.0.1/admin"}, b"")
    done = called(site.url())
    assert (done.code, done.result["error"]) == (1, "unreachable")


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", ("GET", b"")),
        (303, "PUT", ("GET", b"")),
        (307, "POST", ("POST", b"x")),
        (308, "PUT", ("PUT", b"x")),
        (302, "GET", ("GET", b"x")),
    ],
)
def test_redirections_are_followed_as_browsers_do(called, site, status, method, then):
    site.answers["/"] = (status, {"Location": "/there"}, b"")
    assert called(site.url(), method=method, body="x").code == 0
    assert (site.got[1].path, (site.got[1].method, site.got[1].body)) == ("/there", then)


def test_what_is_secret_goes_to_the_first_server_alone(called, site):
    with serving(Site()) as other:
        site.answers["/"] = (302, {"Location": other.url("/there")}, b"")
        called(
            site.url(),
            headers={"Authorization": "Bearer x", "X-Trace": "1"},
            headers_env={"X-Key": "KEY"},
            env={"KEY": "hunter22"},
        )
        (got,) = other.got
    assert (got.headers["Authorization"], got.headers["X-Key"]) == (None, None)
    assert got.headers["X-Trace"] == "1"


def test_redirections_come_to_an_end(called, site):
    site.answers["/"] = (302, {"Location": "/"}, b"")
    done = called(site.url(), redirects=3)
    assert (done.code, done.result["error"], len(site.got)) == (1, "redirects", 4)


def test_a_server_that_says_nothing_is_not_waited_for(called):
    with silent() as port:
        done = called(f"http://127.0.0.1:{port}/", wait=Duration(milliseconds=50))
    assert (done.code, done.result["error"]) == (1, "timeout")


def test_nobody_there_is_told(called):
    done = called(f"http://127.0.0.1:{closed_port()}/")
    assert (done.result["error"], done.result["message"]) == (
        "connection",
        "127.0.0.1: Connection refused",
    )


def test_an_answer_that_breaks_off_is_a_failure(called, site):
    site.answers["/"] = (200, {"Content-Length": "100"}, b"short")
    done = called(site.url())
    assert (done.code, done.result["error"]) == (1, "connection")


@pytest.mark.parametrize("header", ["a\r\nX-Injected: 1", "a\nb"])
def test_a_header_cannot_bring_another_along(called, site, header):
    done = called(site.url(), headers={"X": header})
    assert (done.code, done.result["error"], site.got) == (1, "address", [])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """One that the host does not trust, for localhost."""
    folder = tmp_path_factory.mktemp("tls")
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", *words.split(), *names], cwd=folder, capture_output=True, check=True)
    return folder


@pytest.fixture
def safe_site(certificate):
    site = Site()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    with serving(site):
        yield site


def test_a_certificate_is_believed_only_from_who_is_trusted(called, safe_site, certificate):
    url = f"https://localhost:{safe_site.server.server_port}/"
    done = called(url)
    assert (done.code, done.result["error"]) == (1, "certificate")
    assert called(url, ca_file=str(certificate / "cert.pem")).code == 0
    assert called(url, verify=False).code == 0


def test_a_redirection_out_of_tls_is_not_followed(called, safe_site, site):
    safe_site.answers["/"] = (302, {"Location": site.url()}, b"")
    done = called(f"https://localhost:{safe_site.server.server_port}/", verify=False)
    assert (done.code, done.result["error"], site.got) == (1, "redirects", [])
