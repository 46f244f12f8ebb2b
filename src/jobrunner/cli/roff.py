"""Text for man: what groff takes, made of plain paragraphs and of the Markdown that docs/ is in."""

import re
from collections.abc import Iterator, Sequence

INLINE = re.compile(r"(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*|\[[^\]]*\]\([^)]*\))")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
ITEM = re.compile(r"( *)(-|\d+\.) +(.*)")
HEADING = re.compile(r"(#+) +(.*)")
CELL = re.compile(r"(?<!\\)\|")
FENCE = "```"
RULE = set("|-: ")
LONG = 40


def escaped(text: str) -> str:
    """Text of which nothing is taken for a request or turned into another sign."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    text = text.replace("^", "\\(ha").replace("~", "\\(ti").replace('"', "\\(dq")
    text = "".join(sign if sign.isascii() else f"\\[u{ord(sign):04X}]" for sign in text)
    return f"\\&{text}" if text.startswith(".") else text


def bold(text: str) -> str:
    return f"\\fB{escaped(text)}\\fR"


def italic(text: str) -> str:
    return f"\\fI{escaped(text)}\\fR"


def heading(name: str, page: str, section: int, version: str) -> str:
    title = escaped(page.upper() if section != 5 else page)  # noqa: PLR2004 - a file has its case
    return f'.TH "{title}" {section} "" "jobrunner {version}" "{escaped(name)}"\n.ad l\n.nh\n'


def verbatim(lines: Sequence[str]) -> str:
    """Lines as they are, set in."""
    shown = "".join(f"{escaped(line) or chr(92) + '&'}\n" for line in lines)
    return f".PP\n.RS 4\n.nf\n{shown}.fi\n.RE\n"


def item(tag: str, text: str) -> str:
    """What is explained, and below it the explanation."""
    return f".TP\n{tag}\n{text or chr(92) + '&'}\n"


def of_markdown(text: str) -> str:
    """The body of a page: all but its first heading."""
    lines = text.splitlines()
    return "".join(_blocks(lines[1:] if lines and lines[0].startswith("# ") else lines))


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    place = 0
    while place < len(lines):
        line = lines[place]
        end = place + 1
        if line.startswith(FENCE):
            while end < len(lines) and not lines[end].startswith(FENCE):
                end += 1
            yield verbatim(lines[place + 1 : end])
            end += 1
        elif line.startswith("|"):
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            yield from _table(lines[place:end])
        elif found := HEADING.fullmatch(line):
            level = "SH" if len(found[1]) < 3 else "SS"  # noqa: PLR2004 - the third level of three
            yield f".{level} {_inline(found[2])}\n"
        elif line.strip():
            while end < len(lines) and _goes_on(lines[end]):
                end += 1
            yield _paragraph(lines[place:end])
        place = end


def _goes_on(line: str) -> bool:
    return bool(line.strip()) and not line.startswith((FENCE, "|", "#")) and not ITEM.match(line)


def _paragraph(lines: Sequence[str]) -> str:
    found = ITEM.match(lines[0])
    first = found[3] if found else lines[0]
    text = _inline(" ".join([first.strip(), *(line.strip() for line in lines[1:])]))
    if found is None:
        return f".PP\n{text}\n"
    mark = "\\(bu" if found[2] == "-" else escaped(found[2])
    return f'.IP "{mark}" 4\n{text}\n'


def _table(lines: Sequence[str]) -> Iterator[str]:
    """Each row as an item: its first cell, and the others below, each with its heading if short."""
    rows = [_cells(line) for line in lines if set(line) - RULE]
    names, *rest = rows
    for first, *others in rest:
        *notes, last = others or [""]
        named = [
            f"{escaped(name)}: {_inline(note)}"
            for name, note in zip(names[1:], notes, strict=False)
            if note
        ]
        yield item(_inline(first) or "\\&", "\n.br\n".join([*named, _inline(last)]))


def _breakable(code: str) -> str:
    """What is too long for a line may be broken within."""
    return re.sub(r"(?<=[/:,])(?=.)", r"\\:", code) if len(code) > LONG else code


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in CELL.split(line.strip())[1:-1]]


def _inline(text: str) -> str:
    """Text with its code and stresses; a link is its words."""
    parts: list[str] = []
    for number, part in enumerate(INLINE.split(text)):
        if number % 2 == 0:
            parts.append(escaped(part))
        elif link := LINK.fullmatch(part):
            parts.append(_inline(link[1]))
        elif part.startswith("`"):
            parts.append(_breakable(bold(part.strip("`"))))
        else:
            parts.append((bold if part.startswith("**") else italic)(part.strip("*")))
    whole = "".join(parts)
    return f"\\&{whole}" if whole.startswith((".", "'")) else whole
