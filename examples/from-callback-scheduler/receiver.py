"""A receiver to try callbacks against: it answers what it was sent.

    python3 receiver.py [PORT]

POST /anything is answered with 200 and the request as JSON; /status/503, say, with that status.
"""

import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PORT = 8765
STATUS = re.compile(r"^/status/([2-5]\d\d)\b")
MOST = 1024 * 1024  # bytes of a request


class Echo(BaseHTTPRequestHandler):
    """Answers with the request."""

    def do_POST(self) -> None:
        """Answer a callback."""
        size = min(int(self.headers.get("Content-Length") or 0), MOST)
        body = self.rfile.read(size).decode(errors="replace")
        asked = STATUS.match(self.path)
        self._answer(int(asked[1]) if asked else 200, {"path": self.path, "body": _read(body)})

    def log_message(self, *_: Any) -> None:
        """Say nothing: what was answered is printed already."""

    def _answer(self, status: int, told: dict[str, Any]) -> None:
        text = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        print(status, text.decode(), flush=True)


def _read(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body


def main() -> None:
    """Listen until Ctrl-C."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else PORT
    with ThreadingHTTPServer(("127.0.0.1", port), Echo) as server:
        print(f"http://127.0.0.1:{server.server_port} answers what it is sent", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
