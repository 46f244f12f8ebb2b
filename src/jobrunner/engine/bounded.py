"""Asks a process apart what may take for ever to tell: the kernel ends it when its time is up.

A pattern that is slow with one text cannot be interrupted, and holds up every thread beside it.
"""

import subprocess
import sys
from collections.abc import Mapping

MOST_MEMORY = 1 << 30
PATIENCE = 10  # on a busy host a second of CPU takes a while
PRELUDE = """
import resource, signal
seconds = {seconds}
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
for limit, most in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, {memory})):
    hard = resource.getrlimit(limit)[1]
    resource.setrlimit(limit, (most if hard < 0 else min(most, hard), hard))
signal.alarm({patience} * seconds)
"""


def told(
    program: str, question: bytes, *, seconds: int, environ: Mapping[str, str] | None = None
) -> bytes | None:
    """What the program writes about a question; None if it did not come to an end.

    Without `environ` it finds nothing but the standard library, and begins the sooner.
    """
    prelude = PRELUDE.format(seconds=seconds, memory=MOST_MEMORY, patience=PATIENCE)
    flags = ("-I", "-S") if environ is None else ("-P",)
    done = subprocess.run(  # noqa: S603 - both are ours
        [sys.executable, *flags, "-c", prelude + program],
        input=question,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(environ or {}),
        check=False,
    )
    return done.stdout if done.returncode == 0 else None
