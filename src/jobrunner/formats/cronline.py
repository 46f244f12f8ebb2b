"""A line of a crontab: written, put into a crontab, and taken out of it, to the byte.

What a backslash means differs from cron to cron, and no cron has a sign for the end of a line: a
command with one of these cannot be written.
"""

import re
import shlex
from collections.abc import Sequence

from jobrunner.errors import JobrunnerError

EVERY_MINUTE = "* * * * *"
ENV = "/usr/bin/env"
RETIRED = b"#jobrunner# "  # stands before a line that a job has taken the place of
# Settings that give a tick another zone, another home, or another state folder than ours.
MISLEADING = re.compile(
    rb"""^[ \t]*(["']?)(?:TZ|HOME|PYTHON\w+|XDG_\w+|JOBRUNNER_\w+)\1[ \t]*=""", re.MULTILINE
)
# Debian's cron cuts a command that is longer, and says nothing.
LONGEST = 990  # bytes


def cron_line(words: Sequence[str], user: str = "") -> str:
    """The line that has these words executed every minute; of /etc/cron.d's form with a `user`."""
    command = shlex.join(words)
    if "\\" in command or not command.isprintable():
        raise JobrunnerError(
            f"{command!r} cannot be a line of a crontab: it has a backslash or a control character."
            "\nGive the file another name, or: jobrunner install systemd"
        )
    # To cron a bare % is the end of the command, in quotes or not.
    command = command.replace("%", "\\%")
    if len(command.encode()) > LONGEST:
        raise JobrunnerError(
            f"a command of {len(command):,} characters is too long for a crontab.\n"
            "Give the file a shorter name, or: jobrunner install systemd"
        )
    return " ".join(word for word in (EVERY_MINUTE, user, command) if word)


def is_ticking(line: str, config: str) -> bool:
    """Whether a line of a user's crontab is a tick for this jobs.toml as we write it, no word more.

    The path of the program may be another one by now.
    """
    try:
        words = shlex.split(line.removeprefix(EVERY_MINUTE).replace("\\%", "%"))
        is_plain = cron_line(words) == line
    except (ValueError, JobrunnerError):
        return False
    before, program, said = words[:-4], words[-4:-3], words[-3:]
    is_bare = not before or before[0] == ENV or before[1:] == ["-P", "-m"]
    is_ours = [word.rpartition("/")[2] for word in program] == ["jobrunner"]
    return is_plain and is_bare and is_ours and said == ["tick", "-c", config]


def with_line(crontab: bytes, line: str) -> bytes:
    """The crontab with the line at its end, but above whatever would have a tick look elsewhere."""
    ended = crontab if not crontab or crontab.endswith(b"\n") else crontab + b"\n"
    misleading = MISLEADING.search(ended)
    at = misleading.start() if misleading else len(ended)
    return ended[:at] + line.encode() + b"\n" + ended[at:]


def without_line(crontab: bytes, line: str) -> bytes:
    """The crontab without each line that is this one; every other byte stays."""
    wanted = line.encode()
    return b"".join(
        each for each in crontab.splitlines(keepends=True) if each.rstrip(b"\r\n") != wanted
    )
