"""Placeholders of a job that cannot be filled, or whose value a shell would read as its text."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from jobrunner.config.fault import Fault
from jobrunner.config.finding import Refusal
from jobrunner.config.position import Path
from jobrunner.model.job import Job
from jobrunner.template import flaws, named

SHELLS = frozenset({"sh", "ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "su", "tcsh", "zsh"})


def faults(job: Job) -> Iterator[Fault]:
    """What is wrong with the texts of a job that are filled: variables, and a list as command."""
    for path, text in _texts(job):
        for flaw in flaws(text, job.params):
            yield path, Refusal("E117", flaw.message, flaw.hint, flaw.span), text
    if isinstance(job.command, tuple):
        for index in scripts(job.command):
            yield from _in_script(index, job.command[index])


def _texts(job: Job) -> Iterator[tuple[Path, str]]:
    if isinstance(job.command, tuple):
        for index, element in enumerate(job.command):
            yield ("command", index), element
    for name, value in job.env.items():
        yield ("env", name), value
    yield from _in_value(("args",), job.args)
    yield from _in_value(("sql_params",), job.sql_params)
    if job.http:
        yield ("http", "url"), job.http.url or ""
        yield ("http", "body"), job.http.body
        yield from _in_value(("http", "headers"), job.http.headers)
        yield from _in_value(("http", "json"), job.http.json)
    for index, timing in enumerate(job.schedules):
        for name, value in timing.env.items():
            yield ("schedules", index, "env", name), value


def _in_value(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    """Each text in a value of any depth."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping | list):
        pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, one in pairs:
            yield from _in_value((*path, key), one)


def scripts(command: tuple[str, ...]) -> Iterator[int]:
    """Which elements a shell reads as text: what follows the -c behind its name."""
    is_shell = is_next = False
    for index, word in enumerate(command):
        if is_next and not word.startswith("-"):
            yield index
            is_shell = is_next = False
        elif is_shell and word.startswith("-") and not word.startswith("--") and "c" in word:
            is_next = True
        is_shell = is_shell or posixpath.basename(word) in SHELLS


def _in_script(index: int, text: str) -> Iterator[Fault]:
    """A parameter comes from whoever starts the run: there it could be any command."""
    for name, span in named(text):
        message = "a parameter would become part of what the shell reads"
        hint = f'write "$JOBRUNNER_PARAM_{name.upper()}" in its place: a variable is only text'
        yield ("command", index), Refusal("E118", message, hint, span), text
