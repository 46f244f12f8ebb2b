"""A listener for success and error, in place of those that were registered in code."""

import json
from pathlib import Path
from typing import Any

JOURNAL = Path(__file__).with_name("events.jsonl")


def on_event(message: dict[str, Any]) -> None:
    """Note what happened; `message` is what a webhook would get."""
    told = message["data"]  # of a test message there is no job
    line = {key: told.get(key) for key in ("event", "job", "status")}
    with JOURNAL.open("a", encoding="utf-8") as journal:
        journal.write(f"{json.dumps(line)}\n")
