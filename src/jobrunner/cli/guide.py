"""The guides: what docs/ holds, by name, for whoever reads them in a terminal."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from rich.console import Console
from rich.markdown import Markdown

from jobrunner.cli import output, pager, table

PACKAGE = Path(__file__).parents[1]
# In the package, once it is installed; where it is developed, beside it.
FOLDERS = (PACKAGE / "docs", PACKAGE.parents[1] / "docs")
NOT_FOR_USERS = frozenset({"contributing"})
ENDING = ".md"
WIDEST = 100
# A link to another guide, or to a place in this one; of all others the address is worth showing.
LINK = re.compile(r"\[([^\]]+)\]\((?:([a-z-]+\.md))?(?:#[^)]*)?\)")


class Guide(Struct, frozen=True):
    """A page of docs/: the word it is asked for by, its title, its text."""

    name: str
    title: str
    text: str


def guides() -> Iterator[Guide]:
    """All of them, by name."""
    folder = next((folder for folder in FOLDERS if folder.is_dir()), None)
    for path in sorted(folder.glob(f"*{ENDING}")) if folder else ():
        if path.stem not in NOT_FOR_USERS:
            text = path.read_text(encoding="utf-8")
            yield Guide(path.stem, text.partition("\n")[0].lstrip("# "), text)


def show(guide: Guide) -> None:
    """The text: laid out on a terminal, in a pipe as it is."""
    if not output.is_terminal() or output.is_plain():
        output.say(guide.text.rstrip("\n"))
        return
    pager.show(line for line in _laid_out(guide.text).splitlines(keepends=True))


def _laid_out(text: str) -> str:
    colour = output.is_coloured()
    console = Console(
        file=io.StringIO(),
        force_terminal=True,
        width=min(table.columns(), WIDEST),
        no_color=not colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
    )
    console.print(Markdown(LINK.sub(_pointed, text), code_theme="bw", hyperlinks=False))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _pointed(link: re.Match[str]) -> str:
    """What a link says, and the call that leads there: a terminal has nothing to click on."""
    text, page = link.groups()
    if page is None:
        return text
    call = f"`jobrunner help {page}`"
    return call if text == page else f"{text} ({call})"
