"""A table into its struct: at once where all is well, else key by key for what is not."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from jobrunner.config.decode import decode
from jobrunner.config.diagnose import NO_KEYS, flaws
from jobrunner.config.document import Document
from jobrunner.config.finding import Findings, Refusal
from jobrunner.config.position import Path

Some = TypeVar("Some")
Table = Mapping[str, Any]


def converted(
    struct: type[Some],
    table: Any,
    place: tuple[Document, Path],
    findings: Findings,
    prepare: Callable[[Table], Table],
) -> tuple[Some | None, set[str]]:
    """The struct, and the keys that had to be left out; each of those is a finding.

    None only when nothing can be made of it, which is a finding too.
    """
    try:
        return _at_once(struct, table, prepare), set()
    except (msgspec.ValidationError, Refusal) as error:
        message = str(error)
    document, path = place
    bad: set[str] = set()
    for flaw in flaws(struct, table, path):
        findings.add(document, flaw.path, flaw.refusal, flaw.value, at_key=flaw.at_key)
        bad.add(str(flaw.path[len(path)]) if len(flaw.path) > len(path) else "")
    if not isinstance(table, dict):
        return None, bad
    try:
        good = {key: value for key, value in table.items() if key not in bad}
        return _at_once(struct, good, prepare), bad
    except (msgspec.ValidationError, Refusal):
        if not bad:
            findings.add(document, path, Refusal("E102", message))
        return None, bad


def _at_once(struct: type[Some], table: Any, prepare: Callable[[Table], Table]) -> Some:
    hidden = NO_KEYS.get(struct)
    if not isinstance(table, dict) or (hidden and not hidden.isdisjoint(table)):
        raise Refusal("E102", "not a table with known keys")
    return msgspec.convert(prepare(table), struct, dec_hook=decode)
