"""What may come next on a command line: asked by the shell whenever somebody presses Tab.

`jobrunner complete SHELL WORD...` prints what the last word may become, one a line, with a remark
behind a tab.  `:file` and `:folder` leave it to the shell.  Commands, options and fixed values lie
beside the pages of help, made from the commands beforehand: nothing here imports them.
"""

import os

from jobrunner.cli.overview import COMMANDS
from jobrunner.cli.page import FOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = "jobrunner"
BASH = "bash"
LARGEST = 1 << 16
CONFIG = ("-c", "--config")
LEFT_TO_SHELL = {"file": ":file", "folder": ":folder"}
Found = tuple[str, str]


class Words:
    """What may follow one command: options, each with the kind of its value, and arguments."""

    def __init__(self, names: "Sequence[str]") -> None:
        self.options: dict[str, Found] = {}
        self.commands: list[Found] = []
        self.arguments: list[str] = []
        for line in _lines(names):
            name, kind, remark = line.split("\t")
            if not name:
                self.arguments.append(kind)
            elif name.startswith("-"):
                self.options[name] = (kind, remark)
            else:
                self.commands.append((name, remark))

    def argument(self, place: int) -> str:
        """The kind of the argument at that place; the last may stand for all that follow."""
        if place < len(self.arguments):
            return self.arguments[place].rstrip("*")
        last = self.arguments[-1] if self.arguments else ""
        return last.rstrip("*") if last.endswith("*") else ""


class Line:
    """A command line up to the word that is being typed."""

    def __init__(self, words: "Sequence[str]") -> None:
        self.config = ""
        self.names: list[str] = []
        self.words = Words([ROOT])
        self.place = 0
        self.awaited = ""  # the kind of value that the option before wants
        self.is_free = False  # after "--"
        for word in words:
            self._take(word)

    def _take(self, word: str) -> None:
        if self.awaited:
            if self.awaited == "config":
                self.config = word
            self.awaited = ""
        elif self.is_free or not word.startswith("-") or word == "-":
            self._name(word)
        elif word == "--":
            self.is_free = True
        else:
            option, sign, value = word.partition("=")
            if option in CONFIG and sign:
                self.config = value
            elif not sign:
                self.awaited = "config" if option in CONFIG else self._kind(option)

    def _name(self, word: str) -> None:
        if self.is_free or not any(word == name for name, _ in self.words.commands):
            self.place += 1
            return
        self.names.append(word)
        self.words = Words(self.names)

    def _kind(self, option: str) -> str:
        return self.words.options.get(option, ("", ""))[0]

    def next(self, word: str) -> "Iterator[Found]":
        """What the word may become; it is not looked at how it begins yet."""
        option, sign, _ = word.partition("=")
        if self.awaited:
            kind = "file" if self.awaited == "config" else self.awaited
            yield from self._values(kind, word)
        elif sign and word.startswith("--") and not self.is_free:
            for value, remark in self._values(self._kind(option), word.partition("=")[2]):
                yield (value if value.startswith(":") else f"{option}={value}"), remark
        elif word.startswith("-") and not self.is_free:
            yield from ((name, remark) for name, (_, remark) in self.words.options.items())
        elif self.words.commands and not self.is_free and not self.place:
            yield from self.words.commands
        else:
            yield from self._values(self.words.argument(self.place), word)

    def _values(self, kind: str, word: str) -> "Iterator[Found]":
        if kind in LEFT_TO_SHELL:
            yield LEFT_TO_SHELL[kind], ""
        elif kind == "topic":
            yield from ((name, "") for name in COMMANDS)
        elif ":" in kind:
            kind, _, values = kind.partition(":")
            before = word.rpartition(",")[0]
            start = f"{before}," if before and kind == "list" else ""
            taken = before.split(",") if start else []
            yield from ((start + value, "") for value in values.split(",") if value not in taken)
        elif kind in {"job", "run", "tag"}:
            yield from _named(kind, self.config)


def main(arguments: "Sequence[str]") -> None:
    """Print what the last of the words may become."""
    shell, *words = arguments or [BASH]
    if shell == BASH:
        whole = _joined(words)
        # Of "--tag=db" bash replaces what stands after the sign.
        start = whole[-1].find("=") + 1 if len(whole) < len(words) else 0
        lines = [name if name.startswith(":") else name[start:] for name, _ in suggested(whole)]
    else:
        lines = [f"{name}\t{remark}".rstrip() for name, remark in suggested(words)]
    text = "".join(f"{line}\n" for line in dict.fromkeys(lines))
    os.write(1, text.encode())


def suggested(words: "Sequence[str]") -> "Iterator[Found]":
    """What the last word may become, with a remark on each."""
    *before, word = words or [""]
    for name, remark in Line(before).next(word):
        if name.startswith((word, ":")):
            yield name, remark


def _joined(words: "Sequence[str]") -> list[str]:
    """The words as they were typed: bash takes "--tag=db" apart at the sign."""
    joined: list[str] = []
    for word in words:
        is_option = bool(joined) and joined[-1].startswith("--")
        if is_option and (word == "=" or joined[-1].endswith("=")):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _named(kind: str, config: str) -> "Iterator[Found]":
    """Jobs, tags or runs of the jobs.toml in use."""
    # Most of what is completed needs no name of anything.
    from jobrunner.engine.names import Names  # noqa: PLC0415

    try:
        cwd = os.getcwd()  # noqa: PTH109 - no time for pathlib
    except OSError:
        cwd = "/"
    names = Names(config, os.environ, cwd, os.geteuid())
    if kind == "tag":
        yield from ((tag, "tag") for tag in names.tags())
        return
    yield from ((job, "job") for job in names.jobs())
    if kind == "run":
        yield from names.runs()


def _lines(names: "Sequence[str]") -> list[str]:
    try:
        file = os.open(f"{FOLDER}/{'.'.join(names)}.words", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        return os.read(file, LARGEST).decode().splitlines()
    finally:
        os.close(file)
