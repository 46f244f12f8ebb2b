"""Units of systemd as they are read: sections, settings that add up or start over, drop-ins."""

import shlex
from collections.abc import Iterable, Iterator

from msgspec import Struct

# What may stand before the program of a command line, as in systemd.service(5).
PREFIXES = "@-:+!|"
COMMENTS = ("#", ";")


class Unit(Struct, frozen=True):
    """What a unit's file and its drop-ins say: (section, key) and every value, in order."""

    settings: tuple[tuple[str, str, str], ...]

    def values(self, section: str, key: str) -> list[str]:
        """All values of a setting; an empty one takes back those before it."""
        found: list[str] = []
        for each_section, each_key, value in self.settings:
            if (each_section, each_key) == (section, key):
                found = [*found, value] if value else []
        return found

    def value(self, section: str, key: str, default: str = "") -> str:
        """The last value of a setting."""
        return next(reversed(self.values(section, key)), default)

    def commands(self) -> list[list[str]]:
        """What ExecStart executes, each as words."""
        return [_words(line) for line in self.values("Service", "ExecStart")]

    def environment(self) -> dict[str, str]:
        """What Environment sets; EnvironmentFile is not read."""
        entries = [word for line in self.values("Service", "Environment") for word in _words(line)]
        return dict(entry.split("=", 1) for entry in entries if "=" in entry)


def read(texts: Iterable[str]) -> Unit:
    """The unit that a file and its drop-ins make, in the order in which systemd reads them."""
    return Unit(tuple(setting for text in texts for setting in _settings(text)))


def _settings(text: str) -> Iterator[tuple[str, str, str]]:
    section = ""
    for line in _lines(text):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            continue
        key, equals, value = line.partition("=")
        if equals:
            yield section, key.strip(), value.strip()


def _lines(text: str) -> Iterator[str]:
    """The lines that say something; one that ends with a backslash goes on in the next."""
    begun = ""
    for raw in text.split("\n"):
        line = raw.strip()
        if line.startswith(COMMENTS):
            continue
        if raw.endswith("\\"):
            begun += line[:-1] + " "
            continue
        if begun or line:
            yield (begun + line).strip()
        begun = ""
    if begun.strip():
        yield begun.strip()


def _words(line: str) -> list[str]:
    try:
        words = shlex.split(line)
    except ValueError:  # a quote that is not closed, which systemd refuses too
        words = line.split()
    return [words[0].lstrip(PREFIXES), *words[1:]] if words else []
