"""Values that no message may show, also where the line that holds them is wrong."""

import re

KEYS = "store|heartbeat|ping|url|webhook|secret"
TELLING = "passw|token|secret|credential|api_?key|private_?key"
NAME = rf"(?:{KEYS}|[\w-]{{0,99}}(?:{TELLING})[\w-]{{0,99}}(?<!_file)(?<!_env))"
VALUE = r"""(?P<value>"[^"\\]*(?:\\.[^"\\]*)*"?|'[^']*'?|[^\s,}\]]+)"""
# A key and its value anywhere in a line, however broken the rest of the line is.
ASSIGNED = re.compile(rf"(?<![\w-]){NAME}[\"']?[ \t]*=[ \t]*{VALUE}", re.IGNORECASE)


def veiled(line: str) -> str:
    """A line of the file with secrets starred out; every other character stays in its column."""
    return ASSIGNED.sub(_starred, line)


def _starred(found: re.Match[str]) -> str:
    before = found[0][: found.start("value") - found.start()]
    return before + "*" * len(found["value"])
