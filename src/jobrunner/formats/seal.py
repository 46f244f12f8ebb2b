"""A first line by which a file that was written for others is known again, while unchanged."""

import hashlib

BEGINNING = "# jobrunner"
END = '"jobrunner uninstall" removes this file unless it was changed'
DIGITS = 16


def sealed(text: str) -> str:
    """The text with such a line above it."""
    return f"{_line(text)}\n{text}"


def is_intact(content: str) -> bool:
    """Whether this was sealed, and nobody changed it since."""
    first, _, text = content.partition("\n")
    return first == _line(text)


def _line(text: str) -> str:
    digest = hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:DIGITS]
    return f"{BEGINNING} {digest}: {END}"
