"""Gives a job another name, wherever the file says the old one."""

import tomllib
from collections.abc import Iterator
from typing import Any

from jobrunner.config.edit.literal import key, one_line
from jobrunner.config.edit.scan import Span, every_pair, scan


def relabel(text: str, old: str, new: str) -> str:
    """The text with the new name in headers, keys and every `after`."""
    places = [(span, key((new,))) for span in _names(text, old)]
    places += [(span, one_line(new)) for span in _mentions(text, old)]
    for (start, end), word in sorted(places, reverse=True):
        text = text[:start] + word + text[end:]
    return text


def relabelled(jobs: dict[str, Any], old: str, new: str) -> list[str]:
    """Give the job its new name in what the file says; which jobs named it in `after`."""
    jobs[new] = jobs.pop(old)
    followers = [name for name, job in jobs.items() if old in _after(job)]
    for name in followers:
        jobs[name]["after"] = [new if word == old else word for word in jobs[name]["after"]]
    return followers


def _after(job: Any) -> list[Any]:
    after = job.get("after") if isinstance(job, dict) else None
    return after if isinstance(after, list) else []


def _names(text: str, old: str) -> Iterator[Span]:
    for pair in every_pair(statement.pair for statement in scan(text)):
        yield from (part.span for part in pair.key if part.path == ("jobs", old))


def _mentions(text: str, old: str) -> Iterator[Span]:
    for pair in every_pair(statement.pair for statement in scan(text)):
        if pair.path[:1] == ("jobs",) and pair.path[2:] == ("after",):
            yield from (span for span in pair.elements if _is_word(text[slice(*span)], old))


def _is_word(written: str, word: str) -> bool:
    return bool(tomllib.loads(f"x = {written}")["x"] == word)
