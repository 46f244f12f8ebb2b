"""What a command line of a crontab does for itself that a job need not do, or does otherwise."""

import re
from collections.abc import Iterator
from typing import NamedTuple

# So much of either end is looked at: some patterns go over a long line again and again.
LOOKED_AT = 2000
# Redirections at the very end, of which one leads to /dev/null and none elsewhere.
LAST = re.compile(r"[ \t]*(?:(?:[12]?>>?|&>>?|>&)[ \t]*/dev/null|[12]>&[12])[ \t]*\Z")
THROWN = 'output was thrown away; jobrunner keeps it (capture = "none" for the old way)'
OWN_TICK = re.compile(r"(?:\S*/)?jobrunner(?:\s+-\S+(?:\s+[^-\s]\S*)?)*\s+(?:tick|loop)\b")
HABITS = (
    (
        re.compile(r"(?:^|[;&|(]\s*)(?:\S*/)?flock\s"),
        'flock can go: overlap = "skip" is the default',
    ),
    (
        re.compile(
            r"(?:^|[;&|(]\s*)(?:\S*/)?timeout\s+(?:-[ks]\s+\S+\s+|-\S+\s+)*(?P<long>[0-9.]+[smhd]?)\s"
        ),
        'timeout can go: timeout = "{long}" stops all that the job left, too',
    ),
    (re.compile(r"\bsleep\s+\S*[^;&|]*RANDOM"), 'the random sleep can go: jitter = "1m" spreads'),
    (
        re.compile(r"(?:\S*/)?jobrunner(?:\s+-\S+(?:\s+[^-\s]\S*)?)*\s+exec\b"),
        "exec can go: the job has a history of its own now",
    ),
    (re.compile(r"(?<!&)&\s*\Z"), "the & at its end can go: with it the job ends before its work"),
)


class Kept(NamedTuple):
    """The command as the job has it, and how that differs."""

    command: str
    notes: tuple[str, ...]


def adapted(command: str) -> Kept:
    """The command without what throws its output away, and with what can be said of it."""
    bare = _without_bin(command)
    notes = [THROWN] if bare != command else []
    return Kept(bare, (*notes, *_habits(command)))


def is_tick(command: str) -> bool:
    """Whether this is the line that makes jobrunner look at the clock."""
    return OWN_TICK.search(command[:LOOKED_AT]) is not None


def _without_bin(command: str) -> str:
    before, bare = command[:-LOOKED_AT], command[-LOOKED_AT:]
    was_thrown = False
    while found := LAST.search(bare):
        was_thrown = was_thrown or "/dev/null" in found[0]
        bare = bare[: found.start()]
    bare = before + bare
    # A redirection before them leads elsewhere, and the last one counts.
    return bare if was_thrown and bare.strip() and ">" not in bare else command


def _habits(command: str) -> Iterator[str]:
    for pattern, note in HABITS:
        if found := pattern.search(command[:LOOKED_AT]):
            yield note.format(**_spelt(found))


def _spelt(found: re.Match[str]) -> dict[str, str]:
    """A length as jobs.toml spells it: timeout(1) takes bare seconds."""
    named = found.groupdict()
    return {name: text if text[-1:].isalpha() else f"{text}s" for name, text in named.items()}
