"""Values that no message may show, also where the line that holds them is wrong."""

import re

from jobrunner.model.secret import is_secret

# Keys of jobs.toml, and parts of names, beside those that tell a variable or header is secret.
KEYS = "store|claims|heartbeat|ping|url|webhook|secret"
TELLING = re.compile(
    rf"(?:{KEYS})\Z|[\w-]*(?:passw|token|secret|credential|api_?key|private_?key)[\w-]*(?<!_file)(?<!_env)\Z",
    re.IGNORECASE,
)
PATHS = frozenset({"tls_key"})
# A key anywhere in a line, however broken the rest of the line is, and what is its value then.
ASSIGNED = re.compile(r"""(?<![\w-])(?P<name>[\w-]{1,200})["']?[ \t]*=[ \t]*""")
VALUE = re.compile(r""""[^"\\]*(?:\\.[^"\\]*)*"?|'[^']*'?|[^\s,}\]]+""")
# The same over several lines; one that is never closed goes on to the end.
LONG_VALUE = re.compile(r""""{3}(?s:.*?)(?:"{3,5}|\Z)|'{3}(?s:.*?)(?:'{3,5}|\Z)""")
# Whatever ends no line, so that every line stays where it is.
WRITTEN = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def veiled(line: str) -> str:
    """A line of the file with secrets starred out; every other character stays in its column."""
    return _starred(line, VALUE)


def veiled_text(text: str) -> str:
    """The file with secrets starred out, also those of several lines."""
    lines = _starred(text, LONG_VALUE).splitlines(keepends=True)
    return "".join(map(veiled, lines))


def _starred(text: str, form: re.Pattern[str]) -> str:
    """The text with values of that form starred out where a telling name has them."""
    pieces, shown = [], 0
    for key in ASSIGNED.finditer(text):
        if key.end() < shown or not _is_telling(key["name"]):
            continue
        if value := form.match(text, key.end()):
            pieces += [text[shown : value.start()], WRITTEN.sub("*", value[0])]
            shown = value.end()
    return "".join([*pieces, text[shown:]])


def _is_telling(name: str) -> bool:
    return name not in PATHS and bool(TELLING.match(name) or is_secret(name))
