"""The words of TOML: where blanks, names and values end, in text that tomllib has accepted.

There is no possessive group here: Python before 3.11.4, Debian 12's own, matches some wrongly.
"""

import re
import tomllib

BLANK = re.compile(r"[ \t\r\n]*(?:#[^\n]*[ \t\r\n]*)*")
SPACE = re.compile(r"[ \t]*")
NAME = re.compile(r"""[A-Za-z0-9_-]+|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\n]*'""")
TEXT = re.compile(
    r'''"""[^"\\]*(?:(?:\\[\s\S]|"{1,2}(?!"))[^"\\]*)*"{3,5}'''
    r"""|'''[^']*(?:'{1,2}(?!')[^']*)*'{3,5}"""
    r"""|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\n]*'"""
)
# A date and its time may be apart.
BARE = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]+|[^\s,\]}#]+")


def name_of(key: str) -> str:
    """What one part of a key is called."""
    return next(iter(tomllib.loads(f"{key} = 0"))) if key[0] in "\"'" else key
