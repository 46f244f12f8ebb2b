"""Listeners for success and for errors: a function each."""

from pathlib import Path
from typing import Any

EVENTS = Path(__file__).with_name("events.log")


def succeeded(message: dict[str, Any]) -> None:
    """Hear of a success."""
    note("success", message)


def failed(message: dict[str, Any]) -> None:
    """Hear of an error."""
    note("error", message)


def note(kind: str, message: dict[str, Any]) -> None:
    """Write a line, in place of what is to be done; a test message is of no job."""
    with EVENTS.open("a", encoding="utf-8") as events:
        events.write(f"{kind} {message['data'].get('job')}\n")
