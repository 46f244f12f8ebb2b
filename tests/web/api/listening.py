"""Listening to event streams: real connections, each read until what is waited for comes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2

PATIENCE = 30  # seconds


@contextmanager
def listening(origin, path, secret, **headers) -> Iterator[Iterator[tuple[str, str, object]]]:
    """The events of a stream as (name, id, data), as they come."""
    headers = {"Authorization": f"Bearer {secret}"} | headers
    url = f"{origin}/api/v1{path}"
    with httpx2.stream("GET", url, headers=headers, timeout=PATIENCE) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer.iter_lines())


def _events(lines):
    name, number, data = "message", "", None
    for line in lines:
        key, _, value = line.partition(": ")
        if not line:
            if data is not None:
                yield name, number, data
            name, number, data = "message", "", None
        elif key == "event":
            name = value
        elif key == "id":
            number = value
        elif key == "data":
            data = json.loads(value)
