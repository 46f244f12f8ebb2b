"""Receivers on the loopback: a web server that answers as a test says, a message to send to it."""

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from jobrunner.notify.message import Message

LOOPBACK = ("127.0.0.0/8",)


def make_message(**changes):
    message = {
        "id": "01935c1e-6d0a-7b4c-9f0e-3f1f0f6a2b11",
        "event": "failure",
        "title": "[web-1] backup failed: exit 1",
        "text": "backup failed: exit 1\nrun #1284, on web-1",
        "kind": "dev.jobrunner.run.failed.v1",
        "source": "/hosts/web-1/jobrunner",
        "subject": "jobs/backup/runs/1284",
        "happened_at": "2026-11-20T02:41:03+01:00",
        "host": "web-1",
        "sent_at": 1_763_603_000,
        "data": {"job": "backup", "run_id": 1284, "exit_code": 1},
    }
    return Message(**(message | changes))


class Receiver:
    """A web server: what it got, and what it answers, one after the other; the last one stays."""

    def __init__(self, *answers):
        self.answers = [*answers] or [204]
        self.headers = {}
        self.got = []
        self.paths = []
        self.came = threading.Condition()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def until(self, count, patience=60):
        """What it got, as soon as that is so much."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.got) >= count, patience), self.got
            return [*self.got]

    def _take(self, handler, body):
        with self.came:
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            self.got.append((dict(handler.headers), body))
            self.paths.append(handler.path)
            self.came.notify_all()
        return answer

    def _handler(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = receiver._take(self, body)
                if callable(answer):
                    answer = answer()
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer)
                self.send_header("Location", "http://10.0.0.1/inside")
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler


@contextmanager
def receiving(*answers):
    receiver = Receiver(*answers)
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()


@contextmanager
def silent():
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def closed_port():
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
