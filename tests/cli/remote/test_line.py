"""The line to another host: who is there, what he says, and what is believed of it."""

import shutil
import ssl
import subprocess
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest


class Odd(BaseHTTPRequestHandler):
    """A server of something else."""

    answers = (200, {}, b"")
    heard: list[tuple[str, str]] = []  # noqa: RUF012 - each test begins with none

    def do_GET(self):
        status, headers, body = self.answers
        self.heard.append((self.path, self.headers["Authorization"]))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nobody reads it."""


@contextmanager
def odd(status=200, body=b"", tls=None, **headers):
    """A server that answers everything so; its URL, and what it was asked."""
    handler = type("Odd", (Odd,), {"answers": (status, headers, body), "heard": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    scheme = "https" if tls else "http"
    try:
        yield f"{scheme}://127.0.0.1:{server.server_port}", handler.heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_who_is_not_there_is_named(pair):
    with odd() as (url, _):
        pass
    code, out, err = pair.far("list", JOBRUNNER_URL=url)
    assert (code, out) == (1, "")
    assert err == (
        f"Error: {url} cannot be reached: Connection refused.\n"
        "       Does jobrunner serve run there? The address is the one in JOBRUNNER_URL.\n"
    )


def test_who_speaks_no_tls_is_told_of_tunnels(pair):
    with odd() as (url, _):
        code, _, err = pair.far("list", JOBRUNNER_URL=url.replace("http:", "https:"))
    assert code == 1
    assert "cannot be reached: TLS comes to nothing (wrong version number).\n" in err
    assert err.endswith("What speaks no TLS is reached by a tunnel: ssh -L\n")


def test_a_path_that_leads_nowhere_is_named(pair):
    code, out, err = pair.far("list", JOBRUNNER_URL=f"{pair.url}/jobs")
    assert (code, out) == (1, "")
    assert err == (
        f"Error: {pair.url}/jobs has nothing of jobrunner below /jobs.\n"
        "       Say another path in JOBRUNNER_URL, or none.\n"
    )


def test_a_redirection_is_not_followed(pair):
    with odd() as (there, heard), odd(302, Location=f"{there}/x") as (url, _):
        code, _, err = pair.far("list", JOBRUNNER_URL=url)
    assert (code, f"has moved to {there}/x" in err) == (1, True)
    assert heard == []


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (404, b"<html>", "is no jobrunner serve: it answers 404"),
        (200, b"<html>", "answers what this jobrunner does not understand"),
        (200, b'{"items": [{"name": 1}]}', "Is it another version?"),
        (502, b"", "is no jobrunner serve: it answers 502"),
    ],
)
def test_what_is_no_answer_of_ours_is_told(pair, status, body, told):
    with odd(status, body) as (url, _):
        code, out, err = pair.far("list", JOBRUNNER_URL=url)
    assert (code, out, told in err) == (1, "", True)


def test_what_a_problem_says_does_not_act_on_the_terminal(pair):
    body = b'{"title": "x", "detail": "a\\u001b[2Jb\\nsecond"}'
    kind = {"Content-Type": "application/problem+json"}
    with odd(409, body, **kind) as (url, _):
        code, _, err = pair.far("show", "hello", JOBRUNNER_URL=url)
    assert (code, err) == (6, "Error: a�[2Jb\n       second\n")


def test_a_path_before_the_api_is_kept_and_names_stay_names(pair):
    with odd(404) as (url, heard):
        pair.far("show", "../a b?", JOBRUNNER_URL=f"{url}/jobs/")
    [(path, token)] = heard
    assert path == "/jobs/api/v1/jobs/..%2Fa%20b%3F"
    assert token == f"Bearer {pair.house.secrets['operator']}"


def test_a_token_that_is_no_good_is_told(pair):
    pair.house.secrets["stranger"] = "jr_nobody"
    code, _, err = pair.far("list", role="stranger")
    assert (code, pair.url in err, "jr_nobody" in err) == (4, True, False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=jobs", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", key, "-out", cert]
    subprocess.run([*made, *names, *files], check=True, capture_output=True)
    return cert, key


def test_only_a_certificate_that_is_vouched_for_is_trusted(pair, certificate):
    cert, key = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with odd(200, b'{"items": [], "next_cursor": null}', tls=context) as (url, heard):
        code, _, err = pair.far("list", JOBRUNNER_URL=url)
        assert (code, "its certificate is not to be trusted" in err) == (1, True)
        assert heard == []
        assert pair.far("list", JOBRUNNER_URL=url, JOBRUNNER_CA_FILE=str(cert))[0] == 0
    assert pair.far("list", JOBRUNNER_URL=url, JOBRUNNER_CA_FILE=str(key))[0] == 3


def test_monitoring_hears_that_nobody_is_there(pair):
    with odd() as (url, _):
        pass
    code, out, _ = pair.far("status", "--nagios", JOBRUNNER_URL=url)
    assert (code, out) == (3, f"JOBRUNNER UNKNOWN - {url} cannot be reached: Connection refused.\n")
