"""What `jobrunner` alone says: examples, the commands by what they are for, the options.

It imports nothing, so that the first thing that a newcomer asks for is there at once.
"""

from jobrunner import __version__

# Each is the function `command` in the module of this package that has its name.
GROUPS = {
    "Jobs": ("init", "add", "set", "edit", "rm", "list", "next", "show", "why"),
    "Runs": (
        *("run", "logs", "history", "watch", "stop", "retry", "backfill", "pause", "resume"),
        "exec",
    ),
    "Health": ("status", "doctor", "stats", "gaps", "load", "validate", "lint"),
    "Debug": ("env", "repro", "locks", "unlock"),
    "Server": ("tick", "loop", "serve", "install", "uninstall", "token", "notify"),
    "Hosts": ("hosts", "drain"),
    "Data": ("import", "export", "config", "plan", "db", "completion"),
}
COMMANDS = (*(name for names in GROUPS.values() for name in names), "help")
_LINES = "\n".join(f"{group + ':':10}{'  '.join(names)}" for group, names in GROUPS.items())
TEXT = f"""\
jobrunner {__version__}: cron with history, retries and timeouts

Usage: jobrunner [OPTIONS] COMMAND [ARGS]...

Examples:
  jobrunner init                       start here: writes a commented jobs.toml
  jobrunner add backup --cron "30 2 * * *" -- pg_dump app -f /backup/app.sql
  jobrunner run backup                 run it now and watch
  sudo jobrunner install systemd       run due jobs every minute

{_LINES}

Options, before the command or after it:
  -c, --config FILE            the jobs.toml to use; - is standard input
  --color [auto|always|never]  auto means on a terminal, unless NO_COLOR is set
  --no-color                   as --color never
  --plain                      as in a pipe: tabs, no heading, nothing cut
  --utc                        times in UTC, shown and given
  --absolute                   dates and times in the place of "2h ago"
  -q, --quiet                  only answers and errors
  --debug                      show the traceback of an internal error
  --version                    show the version
  -h, --help                   show this, or what a command does

Run "jobrunner help COMMAND" for one, "jobrunner help topics" for guides."""
