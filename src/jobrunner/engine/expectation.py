"""What a job expects of a success beyond its exit code, and what came to nothing, in sentences."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from jobrunner.config.quantity import spelt_size
from jobrunner.config.spelling import quoted, shown
from jobrunner.model.job import Expect
from jobrunner.words import numbered

# The kernel stamps files with a clock that stands still for up to a tick of its own ...
TICK = timedelta(milliseconds=10)
# ... and some disks keep whole seconds only, FAT every other one.
COARSE = timedelta(seconds=2)


def unmet(
    expect: Expect, answers: Mapping[str, Any], *, started_at: datetime, home: str = ""
) -> tuple[str, ...]:
    """A sentence for each expectation that is not met.

    `answers` say whether the patterns `output` and `not_output` were found; an answer that is
    missing could not be had, and then the expectation counts as not met.  "~" in the name of the
    file is `home`.
    """
    return (*_patterns(expect, answers), *_file(expect, started_at, home))


def _patterns(expect: Expect, answers: Mapping[str, Any]) -> Iterator[str]:
    for key, pattern, wanted in (
        ("output", expect.output, True),
        ("not_output", expect.not_output, False),
    ):
        if not pattern or answers.get(key) is wanted:
            continue
        if key in answers:
            yield f"expect.{key}: {quoted(pattern)} is {'not ' * wanted}in the output"
        else:
            yield f"expect.{key}: it takes too long to tell whether {quoted(pattern)} is there"


def _file(expect: Expect, started_at: datetime, home: str) -> Iterator[str]:
    if not expect.file:
        return
    path = expect.file
    if home and (path == "~" or path.startswith("~/")):
        path = home + path[1:]
    try:
        found = os.stat(path)  # noqa: PTH116 - its error names no more than this
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        yield f"expect.file: {shown(path)}: {reason}"
        return
    if expect.newer and not _is_newer(found.st_mtime_ns, started_at):
        changed = datetime.fromtimestamp(found.st_mtime, UTC)
        yield f"expect.newer: {shown(path)} was last changed at {changed:%Y-%m-%d %H:%M:%S} UTC"
    if expect.min_size is not None and found.st_size < expect.min_size:
        has, least = numbered(found.st_size, "byte"), spelt_size(expect.min_size)
        yield f"expect.min_size: {shown(path)} has {has}, fewer than {least}"


def _is_newer(changed: int, started_at: datetime) -> bool:
    slack = TICK if changed % 1_000_000_000 else COARSE
    return datetime.fromtimestamp(changed / 1e9, UTC) >= started_at - slack
