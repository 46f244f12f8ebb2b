"""What a command itself says of its start, in one line of a file that nobody else writes."""

import math
from collections.abc import Sequence
from pathlib import Path

from parts.bare import compiled

LABELS = ("JOBRUNNER_JOB", "JOBRUNNER_SCHEDULED_FOR")
SOURCE = f"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv) {{
    char line[256];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const char *label = argc > 2 ? argv[2] : getenv("{LABELS[0]}");
    int length = snprintf(line, sizeof line, "%s %ld.%09ld\\n", label, now.tv_sec, now.tv_nsec);
    int file = open(argv[1], O_WRONLY | O_APPEND | O_CREAT, 0666);
    return write(file, line, length) != length;
}}
"""
# The same where there is no compiler; it takes as long as a shell and date do.
SHELL = f'#!/bin/sh\necho "${{2:-${LABELS[0]}}} $(date +%s.%N)" >>"$1"\n'


def witness(folder: str) -> str:
    """A program that appends its label and the time to a file: as cheap as /bin/true, almost."""
    if program := compiled(folder, "witness", SOURCE):
        return program
    script = Path(folder, "witness")
    script.write_text(SHELL)
    script.chmod(0o755)
    return str(script)


class Seen:
    """What a file of witnesses says of one slot: how long after it each task began."""

    def __init__(self, file: Path, slot: float) -> None:
        self._file = file
        self._slot = slot

    def delays(self) -> dict[str, float]:
        """Seconds from the slot to the first start of each task."""
        first: dict[str, float] = {}
        for label, at in self._lines():
            first[label] = min(at, first.get(label, math.inf))
        return first

    def doubled(self) -> int:
        """How many starts were too many."""
        lines = self._lines()
        return len(lines) - len({label for label, _ in lines})

    def _lines(self) -> list[tuple[str, float]]:
        whole = self._file.read_text().rpartition("\n")[0]
        pairs = (line.split() for line in whole.splitlines())
        return [(label, float(at) - self._slot) for label, at in pairs if float(at) >= self._slot]


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]
