"""`serve` as real processes: from the first sign-in to the last signal."""

import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jobrunner.clock import SystemClock
from jobrunner.engine.access import token
from jobrunner.engine.scene import ledger
from jobrunner.engine.state import State, prepare
from jobrunner.model.access import Role
from jobrunner.store.sqlite.migration import migrate
from tests.engine.serving.test_door import certified
from tests.web.service import LINK, PROGRAM, service, trusting

CLOCK = SystemClock()
JOBS = "[jobs.hello]\nevery = '1s'\ncommand = 'echo hello'\n"
ANY = ("serve", "--port", "0")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "jobs.toml").write_text(JOBS)
    return tmp_path


@pytest.fixture
def start(folder):
    """Start services, and end them after the test."""
    began = []

    def start(*words, **more):
        began.append(service(folder, *words, **more))
        return began[-1].__enter__()

    yield start
    for each in reversed(began):
        each.__exit__(None, None, None)


def secret(folder, role=Role.ADMIN):
    """The secret of a new token."""
    with closing(ledger(State(f"{folder}/.jobrunner"))) as store:
        return token.create(store, role, role, by="ann", now=CLOCK.now())[1]


def bearer(folder):
    return {"Authorization": f"Bearer {secret(folder)}"}


def cookie_of(headers):
    return headers["set-cookie"].partition(";")[0]


def test_the_first_visitor_signs_in_by_a_link_that_works_once(start):
    page = start(*ANY)
    link = urlsplit(page.until(LINK))
    path = f"{link.path}?{link.query}"
    status, headers, _ = page.get(path)
    assert (status, headers["location"]) == (303, "/")
    assert page.get("/api/v1/status", Cookie=cookie_of(headers))[0] == 200
    assert page.get(path)[1]["set-cookie"] is None


def test_no_link_is_shown_while_there_is_a_token(start, folder):
    secret(folder)
    page = start(*ANY)
    assert page.get("/api/v1/status")[0] == 401
    page.end(signal.SIGTERM)
    assert page.said.count("\n") == 1


def test_a_log_that_others_read_has_no_link(start, folder):
    (folder / "jobs.toml").write_text(JOBS + '[settings]\nlog_format = "json"\n')
    page = start(*ANY)
    with page.process.stdout:
        page.process.stdout.close()
        lines = _until_said(page, "token create --role admin")
    assert {json.loads(line)["event"] for line in lines} == {"serve"}
    assert "code=" not in page.errors.read_text()


def _until_said(page, text):
    deadline = CLOCK.elapsed() + 60
    while text not in page.errors.read_text():
        assert CLOCK.elapsed() < deadline, page.errors.read_text()
        CLOCK.sleep(0.05)
    return page.errors.read_text().splitlines()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_well_when_it_is_asked_to(start, number):
    page = start(*ANY)
    assert page.get("/static/none")[0] == 404
    assert page.end(number) == 0
    assert " error " not in page.errors.read_text()


def test_a_second_one_on_its_port_is_told_so(start, folder):
    port = urlsplit(start(*ANY).url).port
    done = _done(folder, "serve", "--port", str(port))
    assert done.returncode == 6
    assert f"Error: port {port} of 127.0.0.1 is in use" in done.stderr


def _done(folder, *words, **more):
    words = [*PROGRAM, "-c", folder / "jobs.toml", *words]
    return subprocess.run(words, capture_output=True, text=True, check=False, **more)


def test_a_certificate_is_shown_and_another_one_after_a_hangup(start, folder, program):
    cert, key = certified(program, folder)
    page = start(*ANY, "--tls-cert", cert, "--tls-key", key)
    old = trusting(cert)
    assert page.get("/api/v1/status", context=old, **bearer(folder))[0] == 200
    certified(program, folder)
    page.process.send_signal(signal.SIGHUP)
    deadline = CLOCK.elapsed() + 60
    while not _is_shown(page, trusting(cert)):
        assert CLOCK.elapsed() < deadline
    with pytest.raises(ssl.SSLCertVerificationError):
        page.get("/", context=old)


def _is_shown(page, context):
    with suppress(ssl.SSLCertVerificationError):
        page.get("/", context=context)
        return True
    return False


def test_under_tls_the_cookie_is_for_this_host_alone(start, folder, program):
    cert, key = certified(program, folder)
    page = start(*ANY, "--tls-cert", cert, "--tls-key", key)
    link = urlsplit(page.until(LINK))
    assert link.scheme == "https"
    _, headers, _ = page.get(f"{link.path}?{link.query}", context=trusting(cert))
    assert re.match(r"__Host-jobrunner-\d+=\S+;.* Secure", headers["set-cookie"])


def _old(folder):
    """A state folder with a ledger that an older version made."""
    state = State(f"{folder}/.jobrunner")
    prepare(state)
    migrate(Path(state.ledger), up_to=1)
    return state


def test_a_ledger_of_another_version_is_left_alone(folder):
    state = _old(folder)
    done = _done(folder, *ANY)
    assert done.returncode == 1
    assert "made by an older jobrunner" in done.stderr
    with closing(sqlite3.connect(state.ledger)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)


def test_it_makes_the_ledger_and_starts_nobody(start, folder):
    page = start(*ANY)
    status, _, body = page.get("/api/v1/status", **bearer(folder))
    assert (status, json.loads(body)["supervisor"]) == (200, "asleep")
    assert not Path(folder, ".jobrunner/run/supervisor.log").exists()


def test_requests_are_logged_where_that_is_wanted_without_what_was_asked(start, folder):
    (folder / "jobs.toml").write_text(JOBS + '[settings]\nlog_level = "debug"\n')
    page = start(*ANY)
    page.get("/sign-in?code=secret-word")
    _until_said(page, "127.0.0.1 GET /sign-in ")
    assert "secret-word" not in page.errors.read_text()


def test_a_token_is_in_no_log_no_argument_and_no_variable_of_anybody(start, folder):
    told = "[jobs.hello]\ncommand = 'env; cat /proc/$PPID/cmdline'\n"
    (folder / "jobs.toml").write_text(told + '[settings]\nlog_level = "debug"\n')
    page = start(*ANY, "--with-loop")
    headers = bearer(folder)
    page.get("/api/v1/jobs/hello/runs?wait=30", method="POST", **headers)
    assert "event: end" in page.get("/api/v1/runs/1/log/stream", **headers)[2]
    _until_said(page, "127.0.0.1 GET /api/v1/runs/1/log/stream ")
    pids = [page.process.pid, *_children(page.process.pid)]
    files = [file for file in folder.rglob("*") if file.is_file()]
    files += [Path(f"/proc/{pid}/{part}") for pid in pids for part in ("cmdline", "environ")]
    texts = b"".join(file.read_bytes() for file in files)
    assert b"JOBRUNNER_JOB=hello" in texts
    assert headers["Authorization"].removeprefix("Bearer ").encode() not in texts


def _children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_the_service_manager_hears_when_it_is_ready_and_when_it_ends(start, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"}
        page = start(*ANY, env=os.environ | environ)
        assert [manager.recv(99), manager.recv(99)] == [b"READY=1", b"WATCHDOG=1"]
        page.end(signal.SIGTERM)
        while (word := manager.recv(99)) == b"WATCHDOG=1":
            pass
        assert word == b"STOPPING=1"


@pytest.mark.parametrize("words", [("serve", "--with-loop"), ("loop", "--serve")])
def test_with_the_loop_a_due_job_runs_and_is_seen(start, folder, words):
    page = start(*words, "--port", "0")
    page.until(LINK)
    headers = bearer(folder)
    deadline = CLOCK.elapsed() + 60
    while not (seen := json.loads(page.get("/api/v1/runs?state=success", **headers)[2])["items"]):
        assert CLOCK.elapsed() < deadline
    assert seen[0]["job"] == "hello"
    assert page.end(signal.SIGTERM) == 0


def test_with_the_loop_an_older_ledger_is_brought_up_to_date(start, folder):
    _old(folder)
    page = start("serve", "--with-loop", "--port", "0")
    page.until(LINK)
    assert page.get("/api/v1/status", **bearer(folder))[0] == 200


def test_the_scheduler_goes_on_as_newer_code_and_the_page_does_not_notice(start, folder):
    page = start("serve", "--with-loop", "--port", "0")
    page.until(LINK)
    _ring(State(f"{folder}/.jobrunner"), "wake 0.0.0+0")
    deadline = CLOCK.elapsed() + 60
    while page.errors.read_text().count(" sees to 1 job ") < 2:
        assert CLOCK.elapsed() < deadline, page.errors.read_text()
        CLOCK.sleep(0.05)
    assert page.get("/api/v1/status", **bearer(folder))[0] == 200
    assert page.end(signal.SIGTERM) == 0


def _ring(state, words):
    """Ring as a tick of another version does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller:
        caller.connect(state.socket)
        caller.send(words.encode())
        assert caller.recv(999)


def test_two_hundred_open_streams_do_not_keep_it(start, folder):
    page = start(*ANY)
    parts, headers = urlsplit(page.url), bearer(folder)
    with ExitStack() as streams:
        for _ in range(200):
            line = streams.enter_context(closing(HTTPConnection(parts.hostname, parts.port)))
            line.request("GET", "/api/v1/events", headers=headers)
            assert line.getresponse().status == 200
        began = CLOCK.elapsed()
        assert page.end(signal.SIGTERM) == 0
    assert CLOCK.elapsed() - began < 5
    assert " error " not in page.errors.read_text()
