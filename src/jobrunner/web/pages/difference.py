"""Lines that differ, as a page colours them; and what a change means, in a sentence."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

KINDS = {"+": "added", "-": "removed", "@": "hunk"}
HEADERS = 2  # lines that name the two files


class DiffLine(Struct, frozen=True):
    """A line of diff -u, and what it is: added, removed, a hunk's head, or nothing of these."""

    text: str
    kind: str = ""


def coloured(lines: Sequence[str]) -> list[DiffLine]:
    """The lines that follow the two headers."""
    return [DiffLine(line, KINDS.get(line[:1], "")) for line in lines[HEADERS:]]


def sentence(lines: Iterable[str]) -> str:
    """Lines of which the first ends with a colon, or is alone, in one."""
    first, *rest = (" ".join(line.split()) for line in lines)
    return f"{first} {'; '.join(rest)}".rstrip()
