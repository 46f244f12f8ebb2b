"""Writes the schedules of a JSON file as commands of a shell that add them as jobs.

    python3 move.py schedules.json          # look
    python3 move.py schedules.json | sh     # do

Options of jobrunner stand in JOBRUNNER: JOBRUNNER="jobrunner -c jobs.toml".
"""

import json
import os
import re
import shlex
import sys
import unicodedata
from pathlib import Path
from typing import Any

RETRIES = 3
DELAY = 300  # seconds
LONGEST = 64  # letters of a name


def name(text: str) -> str:
    """The name of a job, from one that was written freely."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST] or "crawl"


def names(texts: list[str]) -> list[str]:
    """Names of which no two are the same."""
    taken: list[str] = []
    for text in texts:
        first = free = name(text)
        number = 2
        while free in taken:
            ending = f"-{number}"
            free = f"{first[: LONGEST - len(ending)]}{ending}"
            number += 1
        taken.append(free)
    return taken


def command(job: str, old: dict[str, Any]) -> str:
    """What adds this schedule."""
    options = {
        "--daily": f"{old['hour']:02}:{old['minute']:02}",
        "--from": old["start_date"],
        "--to": old["end_date"],
        "--retries": old.get("max_retries", RETRIES),
        "--retry-delay": f"{old.get('retry_delay', DELAY)}s",
        "--description": old["name"],
    }
    words = [word for pair in options.items() for word in map(str, pair)]
    crawl = ["python3", "crawl.py", "https://example.com/", "{slot:%Y-%m-%d}"]
    program = os.environ.get("JOBRUNNER", "jobrunner")
    return f"{program} add {job} {shlex.join([*words, '--', *crawl])}"


def main() -> None:
    """Write a line for each schedule."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    schedules = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for job, old in zip(names([old["name"] for old in schedules]), schedules, strict=True):
        print(command(job, old))


if __name__ == "__main__":
    main()
