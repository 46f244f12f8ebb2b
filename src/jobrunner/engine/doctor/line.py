"""A line for a shell, read without one: the programs and variables that it surely needs.

Only what is plain is believed; of a line with a grammar of its own nothing is said.
"""

import re
import shlex
from collections.abc import Iterator

KEYWORDS = frozenset(
    {
        *("if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case"),
        *("esac", "function", "select", "{", "}", "[[", "]]", "(", ")", "((", "coproc", "trap"),
    }
)
BUILTINS = frozenset(
    {
        *(".", ":", "[", "alias", "bg", "break", "cd", "command", "continue", "declare", "echo"),
        *("eval", "exec", "exit", "export", "false", "fg", "getopts", "hash", "jobs", "kill"),
        *("let", "local", "printf", "pwd", "read", "readonly", "return", "set", "shift", "shopt"),
        *("source", "test", "time", "times", "trap", "true", "type", "typeset", "ulimit", "umask"),
        *("unalias", "unset", "wait", "!"),
    }
)
SOURCING = frozenset({".", "source", "eval", "pushd", "alias"})
BETWEEN = frozenset({";", "&&", "||", "|", "&", "|&"})
ASSIGNED = re.compile(r"([A-Za-z_]\w*)=")
PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")
# $NAME and ${NAME}; one with a default, ${NAME:-x}, can do without.
VARIABLE = re.compile(r"(?<![\\$])\$(?:([A-Z_][A-Z0-9_]*)|\{([A-Z_][A-Z0-9_]*)\})")


def programs(line: str) -> list[str]:
    """The programs that it begins commands with, each once; none if the line has a grammar.

    After a `cd` a relative path is seen from elsewhere, and after what may change PATH a bare name.
    """
    words = _words(line)
    if KEYWORDS & {*words} or "<<" in line or "()" in line:
        return []
    found = [word for command in _commands(words) for word in _program(command)]
    if "cd" in words:
        found = [word for word in found if "/" not in word or word.startswith("/")]
    if SOURCING & {*words} or "PATH" in ASSIGNED.findall(line):
        found = [word for word in found if "/" in word]
    return list(dict.fromkeys(found))


def wanted(line: str) -> list[str]:
    """The variables that it uses and does not set itself, each once."""
    bare = re.sub(r"'[^']*'", "", line)
    used = [first or second for first, second in VARIABLE.findall(bare)]
    own = {*ASSIGNED.findall(bare), *re.findall(r"\b(?:read|for)\s+(?:-\w\s+)*(\w+)", bare)}
    return list(dict.fromkeys(name for name in used if name not in own))


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line.replace("\n", " ; "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:  # a quote that is not closed
        return []


def _commands(words: list[str]) -> Iterator[list[str]]:
    command: list[str] = []
    for word in words:
        if word in BETWEEN:
            yield command
            command = []
        else:
            command.append(word)
    yield command


def _program(command: list[str]) -> Iterator[str]:
    """The first word that is no assignment, if it is a plain name of something to execute."""
    word = next((word for word in command if not ASSIGNED.match(word)), "")
    if PLAIN.fullmatch(word) and word not in BUILTINS:
        yield word
