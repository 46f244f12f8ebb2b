"""Words and lines of units of systemd, as systemd.syntax(7) has them."""

from collections.abc import Mapping, Sequence


def settings(environ: Mapping[str, str], file: str = "") -> str:
    """A line for each variable of an environment, and one for the file with those that are secret.

    That it is not there is found out by whoever looks for the variable.
    """
    lines = [f"Environment={word(f'{name}={value}')}\n" for name, value in environ.items()]
    return "".join([*lines, *([f"EnvironmentFile=-{specifier(file)}\n"] if file else [])])


def command(line: Sequence[str]) -> str:
    """A command line; in its arguments $ would begin a variable, in the program it does not."""
    program, *arguments = line
    return " ".join([word(program), *(word(each).replace("$", "$$") for each in arguments)])


def words(texts: Sequence[str]) -> str:
    return " ".join(map(word, texts))


def word(text: str) -> str:
    """One word: quoted where it must be, no specifier in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    spelt = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in escaped)
    found = specifier(spelt)
    is_plain = found == text and not set(found) & set(" ';#") and found
    return found if is_plain else f'"{found}"'


def specifier(text: str) -> str:
    return text.replace("%", "%%")
