"""The codes of what can be wrong in jobs.toml: a title, what it means, a bad and a good example."""

from collections.abc import Mapping
from typing import NamedTuple

from jobrunner.errors import UnknownError


class Code(NamedTuple):
    """One kind of problem."""

    title: str
    meaning: str
    bad: str
    good: str


CODES = {
    "E100": Code(
        "not TOML",
        "The file cannot be read as TOML, so nothing in it is known. Strings need quotes, a key "
        "stands once in its table, and the file is UTF-8 text.",
        "[jobs.hello]\ncommand = echo hello",
        '[jobs.hello]\ncommand = "echo hello"',
    ),
    "E101": Code(
        "unknown key",
        "No such key exists in this table. An unknown key is refused, never ignored: a misspelt "
        "`timeout` would otherwise be found when a job hangs.",
        'comand = "true"',
        'command = "true"',
    ),
    "E102": Code(
        "wrong type",
        "The key exists, and its value is of another kind: a number where a string belongs, or "
        "a string where a list does.",
        'enabled = "no"',
        "enabled = false",
    ),
    "E103": Code(
        "out of range",
        "The number is too small or too large for what it says.",
        "retries = -1",
        "retries = 0",
    ),
    "E104": Code(
        "not one of the choices",
        "The key takes one of a few words, and this is none of them.",
        'overlap = "wait"',
        'overlap = "queue"',
    ),
    "E105": Code(
        "not a duration",
        "A duration is a number and a unit, the largest unit first, without sign or space: "
        '"500ms", "90s", "5m", "1h30m", "2d", "1w", "1.5h". A bare integer is seconds.',
        'timeout = "5 minutes"',
        'timeout = "5m"',
    ),
    "E106": Code(
        "not a size",
        "A size is a number of bytes, alone or with a unit: B, KiB, MiB, GiB, TiB (powers of "
        "1024) or kB, MB, GB, TB (powers of 1000).",
        'output_limit = "1 meg"',
        'output_limit = "1MiB"',
    ),
    "E107": Code(
        "not a date",
        "A date is written without quotes: `2026-12-01` is the whole day in the job's zone, "
        "`2026-12-01T09:00:00` that moment there, with an offset that instant.",
        'start = "tomorrow"',
        "start = 2026-12-01",
    ),
    "E108": Code(
        "not a time of day",
        "A window is two times of day, HH:MM-HH:MM, both included. It may cross midnight, and "
        "may end at 24:00.",
        'between = "8-20"',
        'between = "08:00-20:00"',
    ),
    "E109": Code(
        "unknown time zone",
        'A zone is a name of the IANA database ("Europe/Berlin"), "local" for the host\'s, '
        '"UTC", or an offset such as "UTC+7", which is ahead of UTC.',
        'timezone = "Berlin"',
        'timezone = "Europe/Berlin"',
    ),
    "E110": Code(
        "not a cron expression",
        "A cron expression has five fields (minute hour day month weekday) as in crontab(5) of "
        "Debian, and comes due on some day. See docs/cron.md for every form.",
        'cron = "0 25 * * *"',
        'cron = "0 22 * * *"',
    ),
    "E111": Code(
        "never comes due",
        "Each part of the schedule is right, and together they leave no instant: the end lies "
        "before the start, or no slot falls between the dates or inside the windows.",
        "start = 2026-12-24\nend = 2026-12-01",
        "start = 2026-12-01\nend = 2026-12-24",
    ),
    "E112": Code(
        "not a regular expression",
        "The pattern does not compile with Python's `re`. Literal strings (in single quotes) "
        "spare doubled backslashes.",
        "redact = ['token=(\\S+']",
        "redact = ['token=(\\S+)']",
    ),
    "E113": Code(
        "malformed name",
        "A name, number or address does not have the shape that belongs here.",
        'umask = "22"',
        'umask = "022"',
    ),
    "E114": Code(
        "character that cannot be used",
        "A string holds a NUL character. No command, path or variable can carry it.",
        'command = "echo \\u0000"',
        "command = \"printf '\\\\0'\"",
    ),
    "E115": Code(
        "not a signal",
        'A signal is told by its name, with or without SIG: "TERM", "INT", "HUP".',
        'stop_signal = "15"',
        'stop_signal = "TERM"',
    ),
    "E116": Code(
        "nothing given",
        "The value is empty where something must stand.",
        'command = ""',
        'command = "true"',
    ),
    "E117": Code(
        "not a placeholder",
        "The text begins like a placeholder and cannot be filled. In `env` and in a `command` that "
        "is a list they are {slot}, {slot:%Y-%m-%d}, {slot-1d:%Y-%m-%d}, {previous_success}, "
        "{run_id}, {attempt} and {param.NAME}, for a parameter that the job declares. Other braces "
        "stay as they are.",
        'env = { DAY = "{slot-1x}" }',
        'env = { DAY = "{slot-1d:%Y-%m-%d}" }',
    ),
    "E118": Code(
        "parameter in a shell's text",
        "A parameter would be filled into the text that a shell reads, so that whoever starts the "
        "run could have it do anything. As a variable in quotes the value is only text.",
        'command = ["sh", "-c", "reindex {param.index}"]\n'
        'params = { index = { default = "orders" } }',
        "command = ['sh', '-c', 'reindex \"$JOBRUNNER_PARAM_INDEX\"']\n"
        'params = { index = { default = "orders" } }',
    ),
    "E119": Code(
        "template that cannot be filled",
        "`title` and `body` of a channel are templates: `$job` and its like stand for what a "
        "message has, and `$$` for a dollar sign. docs/alerts.md has all the names.",
        '[notify.ops]\ncommand = ["mail"]\ntitle = "$jbo failed"',
        '[notify.ops]\ncommand = ["mail"]\ntitle = "$job failed"',
    ),
    "E120": Code(
        "unknown channel",
        "`notify` names a channel that no [notify.NAME] table defines.",
        '[jobs.backup]\ncommand = "true"\nnotify = ["opps"]\n\n[notify.ops]\ncommand = ["mail"]',
        '[jobs.backup]\ncommand = "true"\nnotify = ["ops"]\n\n[notify.ops]\ncommand = ["mail"]',
    ),
    "E121": Code(
        "unknown pool",
        "`pool` names a pool that [pools] does not define.",
        '[jobs.backup]\ncommand = "true"\npool = "database"\n\n[pools]\ndb = 2',
        '[jobs.backup]\ncommand = "true"\npool = "db"\n\n[pools]\ndb = 2',
    ),
    "E122": Code(
        "unknown job",
        "`after` names a job that no [jobs.NAME] table declares.",
        '[jobs.verify]\ncommand = "true"\nafter = ["bakup"]\n\n[jobs.backup]\ncommand = "true"',
        '[jobs.verify]\ncommand = "true"\nafter = ["backup"]\n\n[jobs.backup]\ncommand = "true"',
    ),
    "E123": Code(
        "jobs that wait for each other",
        "Following `after` from this job leads back to it, so that none of them could ever start.",
        '[jobs.a]\ncommand = "true"\nafter = ["b"]\n\n[jobs.b]\ncommand = "true"\nafter = ["a"]',
        '[jobs.a]\ncommand = "true"\ncron = "0 2 * * *"\n\n'
        '[jobs.b]\ncommand = "true"\nafter = ["a"]',
    ),
    "E124": Code(
        "a chain from one host to every host",
        "A job that runs once for all hosts and one that each host runs for itself cannot follow "
        "each other: there would be no telling which of many runs is waited for. Both have the "
        "same `on`.",
        '[jobs.pack]\ncommand = "true"\non = "every"\ncron = "0 2 * * *"\n\n'
        '[jobs.send]\ncommand = "true"\nafter = ["pack"]',
        '[jobs.pack]\ncommand = "true"\non = "every"\ncron = "0 2 * * *"\n\n'
        '[jobs.send]\ncommand = "true"\nafter = ["pack"]\non = "every"',
    ),
    "E130": Code(
        "what to run is not clear",
        "A job has exactly one of `command`, `http`, `python` and `sql`.",
        '[jobs.hello]\ncron = "0 9 * * *"',
        '[jobs.hello]\ncron = "0 9 * * *"\ncommand = "echo hello"',
    ),
    "E131": Code(
        "two keys for one thing",
        "Two keys of the same table say the same thing, so that one of them would be ignored.",
        "retries = 2\nretry = { attempts = 3 }",
        "retry = { attempts = 3 }",
    ),
    "E132": Code(
        "not a default",
        "[defaults] holds what jobs share. What a job is and when it runs stands in the job.",
        '[defaults]\ncommand = "true"',
        '[jobs.hello]\ncommand = "true"',
    ),
    "E133": Code(
        "key without its partner",
        "The key only means something beside another one, which is missing.",
        'every_from = "end"\ncron = "0 2 * * *"',
        'every_from = "end"\nevery = "10m"',
    ),
    "E140": Code(
        "declared twice",
        "Two files declare the same job, channel or pool. Both places are told.",
        "# jobs.toml, which includes db.toml, and db.toml each hold\n[jobs.backup]\ncommand = 'x'",
        "# one of them holds\n[jobs.backup]\ncommand = 'x'",
    ),
    "E141": Code(
        "file cannot be used",
        "A file that this one names is missing, cannot be read, or may be changed by others. Only "
        "a pattern may find nothing.",
        'include = ["jobs.d"]',
        'include = ["jobs.d/*.toml"]',
    ),
    "E142": Code(
        "not in an included file",
        "An included file holds [jobs.*], [defaults] for its own jobs, [notify.*] and [pools]. "
        "Everything else stands in the main file.",
        "# in jobs.d/db.toml\n[settings]\nmax_parallel = 4",
        "# in jobs.toml\n[settings]\nmax_parallel = 4",
    ),
    "E150": Code(
        "not a crontab line",
        "The line is neither a comment nor NAME=VALUE nor five fields and a command (with a "
        "user before the command in /etc/crontab and /etc/cron.d).",
        "0 5 * * backup.sh",
        "0 5 * * * backup.sh",
    ),
    "E160": Code(
        "other version",
        "The file says that it is written for another version of its format.",
        "version = 2",
        "version = 1",
    ),
    "E170": Code(
        "lease too short",
        "A host that was silent for a `lease` is lost, and what it ran may start elsewhere. Before "
        "that, a supervisor that was killed must have been replaced on its own host and have taken "
        "over the jobs that still run there: within two ticks, its start, a beat, the time-out of "
        "the database and what stopping takes. With less, the same job could run twice.",
        '[cluster]\nlease = "60s"',
        '[cluster]\nlease = "60s"\ntick = "10s"',
    ),
}


def explain(code: str, codes: Mapping[str, Code] = CODES) -> str:
    """What a code means, with a bad and a good example, as a page of text."""
    entry = codes.get(code.upper())
    if entry is None:
        raise UnknownError(f'no code "{code}"; they are {", ".join(codes)}')
    return (
        f"{code.upper()}: {entry.title}\n\n{entry.meaning}\n\n"
        f"Wrong:\n{_indent(entry.bad)}\n\nRight:\n{_indent(entry.good)}\n"
    )


def page() -> str:
    """docs/errors.md."""
    return _INTRODUCTION + "".join(section(code, entry) for code, entry in CODES.items())


_INTRODUCTION = """\
# What can be wrong in jobs.toml

Each problem is told with its code, its place and what to do; all of them at once. This page is made
from the table in `src/jobrunner/config/codes.py`.
"""


def section(code: str, entry: Code) -> str:
    """A code on a page of docs/."""
    return (
        f"\n## {code}: {entry.title}\n\n{entry.meaning}\n\n"
        f"```toml\n# wrong\n{entry.bad}\n\n# right\n{entry.good}\n```\n"
    )


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
