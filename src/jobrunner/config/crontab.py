"""The grammar of a classic crontab, as in crontab(5) and cron(8) of Debian: text in, lines out."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from jobrunner.config.finding import Refusal
from jobrunner.config.spelling import quoted

Style = Literal["user", "system"]
Span = tuple[int, int]

# As cron reads it: quotes around the whole name or the whole value are taken away, and only there.
SETTING = re.compile(
    r"""[ \t]*(?:"(?P<n1>[^"=]*)"|'(?P<n2>[^'=]*)'|(?P<n3>[^\s='"][^\s=]*))[ \t]*=[ \t]*+"""
    r"""(?:"(?P<v1>[^"]*)"|'(?P<v2>[^']*)'|(?P<v3>(?!["']).*?))[ \t]*"""
)
# What is left in quotes after that loses them too.
QUOTED = re.compile(r"""^(["'])(.*)\1$""")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
NICKNAME = re.compile(r"[ \t]*(?P<cron>@\S+)(?:[ \t]+(?P<rest>.*))?")
FIELDS = re.compile(r"[ \t]*(?P<cron>\S+(?:[ \t]+\S+){4})(?:[ \t]+(?P<rest>.*))?")
USER = re.compile(r"(?P<user>\S+)(?:[ \t]+(?P<rest>.*))?")
GUARDED = re.compile(r"[^\\%]*(?:\\(?:.|\Z)[^\\%]*)*")
PAIR = re.compile(r"\\([%\\])")
PERCENT = re.compile(r"\\%|%")


class Setting(NamedTuple):
    """NAME = value: holds for the lines below it."""

    name: str
    value: str
    span: Span


class Entry(NamedTuple):
    """One scheduled command, what it reads, and who runs it (in the system's style)."""

    cron: str
    user: str
    command: str
    stdin: str
    cron_span: Span
    span: Span


class Unreadable(NamedTuple):
    """A line that is neither, and why."""

    refusal: Refusal
    span: Span


def lines(text: str, style: Style) -> Iterator[Setting | Entry | Unreadable]:
    """Every line that says something, with its offsets in the text."""
    offset = 0
    for line in text.split("\n"):
        bare = line.strip(" \t")
        if bare and not bare.startswith("#"):
            start = offset + line.index(bare[0])
            span = (start, start + len(bare))
            try:
                yield _line(line, offset, span, style)
            except Refusal as refusal:
                yield Unreadable(refusal, span)
        offset += len(line) + 1


def _line(line: str, offset: int, span: Span, style: Style) -> Setting | Entry:
    if "\0" in line:
        raise Refusal("E114", "a NUL character cannot be passed on to anything")
    setting = SETTING.fullmatch(line)
    if setting:
        name = setting["n1"] or setting["n2"] or setting["n3"] or ""
        if not VARIABLE.fullmatch(name):
            raise Refusal("E150", f"{quoted(name)} is not the name of a variable")
        value = setting["v1"] or setting["v2"] or setting["v3"] or ""
        return Setting(name, QUOTED.sub(r"\2", value), span)
    shape = NICKNAME if line.lstrip(" \t").startswith("@") else FIELDS
    found = shape.fullmatch(line)
    if not found:
        hint = "minute hour day month weekday command"
        raise Refusal("E150", "neither a comment, a setting nor five fields and a command", hint)
    start, stop = found.span("cron")
    user, command = _split(found["rest"] or "", style)
    return Entry(
        cron=found["cron"],
        user=user,
        command=_command(command),
        stdin=_stdin(command),
        cron_span=(offset + start, offset + stop),
        span=span,
    )


def _split(rest: str, style: Style) -> tuple[str, str]:
    """The user, in the system's style, and the command as it is written."""
    user = ""
    if style == "system":
        found = USER.fullmatch(rest)
        if not found or not found["rest"]:
            hint = "minute hour day month weekday user command"
            what = f"of user and command only {quoted(rest)} is there" if rest else "no command"
            raise Refusal("E150", f"{what}: the system's crontab has both", hint)
        user, rest = found["user"], found["rest"]
    if not _command(rest).strip():
        hint = "minute hour day month weekday command"
        raise Refusal("E150", "the line has no command after its five fields", hint)
    return user, rest


def _parts(text: str) -> tuple[str, str]:
    """The command, and what follows its first bare %.  A backslash guards one character."""
    end = GUARDED.match(text)
    assert end is not None
    return end[0], text[end.end() + 1 :]


def _command(text: str) -> str:
    r"""What the shell gets, with \% as % and \\ as \."""
    return PAIR.sub(r"\1", _parts(text)[0])


def _stdin(text: str) -> str:
    r"""What the command reads: with % as a newline, \% as %, and a newline at the end."""
    rest = PERCENT.sub(lambda found: "%" if found[0] == "\\%" else "\n", _parts(text)[1])
    return rest if not rest or rest.endswith("\n") else rest + "\n"
