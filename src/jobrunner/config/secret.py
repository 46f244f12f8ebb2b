"""Values that no message may show, also where the line that holds them is wrong."""

import re

from jobrunner.model.secret import is_secret

# Keys of jobs.toml, and parts of names, beside those that tell a variable or header is secret.
KEYS = "store|heartbeat|ping|url|webhook|secret"
TELLING = re.compile(
    rf"(?:{KEYS})\Z|[\w-]*(?:passw|token|secret|credential|api_?key|private_?key)[\w-]*(?<!_file)(?<!_env)\Z",
    re.IGNORECASE,
)
PATHS = frozenset({"tls_key"})
# A key anywhere in a line, however broken the rest of the line is, and what is its value then.
ASSIGNED = re.compile(r"""(?<![\w-])(?P<name>[\w-]{1,200})["']?[ \t]*=[ \t]*""")
VALUE = re.compile(r""""[^"\\]*(?:\\.[^"\\]*)*"?|'[^']*'?|[^\s,}\]]+""")


def veiled(line: str) -> str:
    """A line of the file with secrets starred out; every other character stays in its column."""
    pieces, shown = [], 0
    for key in ASSIGNED.finditer(line):
        if key.end() < shown or not _is_telling(key["name"]):
            continue
        if value := VALUE.match(line, key.end()):
            pieces += [line[shown : value.start()], "*" * len(value[0])]
            shown = value.end()
    return "".join([*pieces, line[shown:]])


def _is_telling(name: str) -> bool:
    return name not in PATHS and bool(TELLING.match(name) or is_secret(name))
