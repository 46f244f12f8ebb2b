"""Calls the programs of cron and systemd, and hands on what they complain of."""

import os
import subprocess
from collections.abc import Sequence

from msgspec import Struct

from jobrunner.config.spelling import shown
from jobrunner.errors import JobrunnerError

PATIENCE = 60  # seconds


class Said(Struct, frozen=True):
    """How a program ended, and what it wrote."""

    code: int
    out: bytes
    complaint: str


def call(words: Sequence[str], content: bytes = b"", **environ: str) -> Said:
    """Have it read the content, in the C locale; JobrunnerError if it cannot, or hangs."""
    try:
        done = subprocess.run(  # noqa: S603 - the host's own program
            words,
            input=content,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            env=os.environ | {"LC_ALL": "C"} | environ,
        )
    except FileNotFoundError as error:
        raise JobrunnerError(f"there is no {shown(words[0])} on this host.") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise JobrunnerError(f"{shown(words[0])} cannot be used: {shown(str(error))}.") from error
    complaint = shown(" ".join(done.stderr.decode(errors="replace").split())).rstrip(".")
    return Said(done.returncode, done.stdout, complaint or f"exit code {done.returncode}")
