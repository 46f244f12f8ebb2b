"""What a command itself says of its start, in one line of a file that nobody else writes."""

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from parts.bare import compiled

SOURCE = """
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv) {
    char line[256];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const char *label = argc > 2 ? argv[2] : getenv("JOBRUNNER_JOB");
    const char *slot = argc > 2 ? "-" : getenv("JOBRUNNER_SCHEDULED_FOR");
    int length = snprintf(
        line, sizeof line, "%s %s %ld.%09ld\\n", label, slot, now.tv_sec, now.tv_nsec);
    int file = open(argv[1], O_WRONLY | O_APPEND | O_CREAT, 0666);
    return write(file, line, length) != length;
}
"""
# The same where there is no compiler; it takes as long as a shell and date do.
SHELL = """#!/bin/sh
echo "${2:-$JOBRUNNER_JOB} ${2:+-}${2:-$JOBRUNNER_SCHEDULED_FOR} $(date +%s.%N)" >>"$1"
"""


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
        for label, delay in self._starts():
            first[label] = min(delay, first.get(label, math.inf))
        return first

    def doubled(self) -> int:
        """How many starts were too many."""
        starts = self._starts()
        return len(starts) - len({label for label, _ in starts})

    def _starts(self) -> list[tuple[str, float]]:
        """The label of each start, with its own slot if it knows that, and its delay."""
        whole = self._file.read_text().rpartition("\n")[0]
        found = []
        for line in whole.splitlines():
            label, slot, at = line.split()
            due = self._slot if slot == "-" else datetime.fromisoformat(slot).timestamp()
            if due >= self._slot and float(at) >= due:
                found.append((f"{label} {slot}", float(at) - due))
        return found


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]
