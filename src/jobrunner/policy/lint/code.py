"""The codes of what is allowed in jobs.toml and seldom meant."""

from jobrunner.config.codes import Code, section

CODES = {
    "L101": Code(
        "not due within a year",
        "The schedule is right, and its next slot is more than a year away, or there is none any "
        "more: 29 February, a date that is past, windows that seldom meet. If that is meant, "
        "nothing is wrong.",
        'cron = "0 0 29 2 *"',
        'cron = "0 0 L 2 *"        # the last day of February, each year',
    ),
    "L102": Code(
        "meets a change of clocks",
        "On that day the local time does not exist, or comes twice. Each job has a rule for it "
        "(`dst`, as in Debian's cron if nothing is said); a time outside the changed hour, or UTC, "
        "needs none.",
        'cron = "30 2 * * *"\ntimezone = "Europe/Berlin"',
        'cron = "30 4 * * *"\ntimezone = "Europe/Berlin"',
    ),
    "L103": Code(
        "many jobs start at once",
        "All of them want the processor, the disk and the database in the same second, and nothing "
        "of it the minute after. `H` in the place of the minute gives each job a minute that its "
        "name decides; `jobrunner load` shows which minutes are free.",
        'cron = "0 0 * * *"',
        'cron = "H 0 * * *"',
    ),
    "L104": Code(
        "a step that does not come out even",
        "A step begins anew with each hour, day or month: `*/7` in the minute is 0, 7, ..., 56, "
        "and then 0 again after four minutes. `*/90` is minute 0 alone. `every` counts on.",
        'cron = "*/7 * * * *"',
        'every = "7m"',
    ),
    "L105": Code(
        "day of the month or weekday",
        "Where both fields are given, cron takes a day that is one or the other, not one that is "
        "both: `0 0 1 * 1` is each first of a month and each Monday. The first Monday of a month "
        "is `MON#1`.",
        'cron = "0 0 1-7 * 1"',
        'cron = "0 0 * * MON#1"',
    ),
    "L106": Code(
        "no timeout",
        "A run that hangs is never ended, and with `overlap` at its default every later slot is "
        "skipped. The longest run that `jobrunner stats` knows, and half as much again, is a good "
        "start; `[defaults]` gives one to every job.",
        'command = "pg_dump app"',
        'command = "pg_dump app"\ntimeout = "1h"',
    ),
    "L107": Code(
        "an interval that does not divide a day",
        "Its slots count from the moment at which a tick first sees the job, and move through the "
        "day. With `start` they count from there, the same on every host and after every edit.",
        'every = "7h"',
        'every = "7h"\nstart = 2026-12-01T06:00:00',
    ),
    "L108": Code(
        "windows that overlap",
        "A time in two windows counts once, so that the second one says less than it seems to.",
        'between = ["08:00-12:00", "11:00-15:00"]',
        'between = "08:00-15:00"',
    ),
    "L109": Code(
        "a lock shared with a long job",
        "While the long job holds the lock, slots of the short one come due, and `overlap` at its "
        "default skips them. Let it wait, or give it a lock of its own.",
        'lock = "db"                # backup holds it for an hour\nevery = "5m"',
        'lock = "db"\nevery = "5m"\noverlap = "queue"',
    ),
    "L110": Code(
        "retries that go on beyond the next slot",
        "The pauses between the attempts, and what these take, are longer than the time to the "
        "next slot. A run goes on until its last attempt is over, so that with `overlap` at its "
        "default the next slots are skipped.",
        'every = "5m"\nretries = 5          # after 30s, 1m, 2m, 4m, 8m',
        'every = "5m"\nretry = { attempts = 5, deadline = "4m" }',
    ),
    "L111": Code(
        "every missed slot is made up for",
        'With `catch_up = "all"` a job that comes often runs many times in a row when the host '
        "comes back. If one run does the work of all, `latest` is enough.",
        'every = "1m"\ncatch_up = "all"',
        'every = "1m"\ncatch_up = "latest"',
    ),
    "L112": Code(
        "a percent sign as in a crontab",
        "In a crontab a bare % ends the command and begins what it reads, and `\\%` stands for the "
        "sign itself. In jobs.toml % is nothing special: the backslash reaches the shell, and what "
        "a command reads stands in `stdin`. A crontab that `crontabs` names is read as by cron.",
        "command = 'pg_dump app > app-$(date +\\%F).sql'",
        "command = 'pg_dump app > app-$(date +%F).sql'",
    ),
    "L113": Code(
        "output that is thrown away",
        "cron mails what a job prints, hence the habit. Here it is kept, bounded, and shown by "
        '`logs`; `capture = "stderr"` keeps the errors alone.',
        'command = "sync-files > /dev/null"',
        'command = "sync-files"',
    ),
    "L114": Code(
        "errors that are thrown away",
        "When the job fails, nothing tells why: `logs` is empty, and so is what an alert says. "
        'Without the redirection both are kept, bounded; `capture = "none"` keeps nothing.',
        'command = "sync-files > /dev/null 2>&1"',
        'command = "sync-files"',
    ),
    "L115": Code(
        "a secret in the file",
        "The name or the value looks like a secret, and everybody who may read the file, its "
        "backups and its history in version control may read it. `env_file` names a file that only "
        "root or the job's user can read.",
        'env = { API_TOKEN = "dd8c1b" }',
        'env_file = "/etc/jobrunner/secrets/backup.env"',
    ),
    "L116": Code(
        "a line of a crontab that is not acted on",
        "A crontab that `crontabs` names says something that is understood and has no effect.",
        "MAILTO=ops@example.com",
        "# what jobs print is kept: jobrunner logs NAME",
    ),
    "L117": Code(
        "a host that is preferred and not allowed",
        "`prefer` chooses among the hosts that `hosts` allows; one that is not among them is never "
        "taken. Words of `prefer` may be labels, too: known are those of `[settings] labels`, and "
        "those that a job's `labels` name.",
        'hosts = ["web-*"]\nprefer = ["db-1"]',
        'hosts = ["web-*"]\nprefer = ["web-1"]',
    ),
    "L118": Code(
        "a preference where every host runs it",
        'With `on = "every"` each host that fits runs the job for itself, and no preference '
        "follows.",
        'on = "every"\nprefer = ["web-1"]',
        'on = "every"\nhosts = ["web-*"]',
    ),
}
INTRODUCTION = """\
# What is allowed in jobs.toml and seldom meant

`jobrunner lint` advises; unlike what [errors.md](errors.md) lists, nothing of this keeps a job from
running. This page is made from the table in `src/jobrunner/policy/lint/code.py`.
"""


def page() -> str:
    """docs/lint.md."""
    return INTRODUCTION + "".join(section(code, entry) for code, entry in CODES.items())
