"""docs/jobs-toml.md and the committed JSON Schema: what is generated, as text."""

import json
from collections.abc import Iterator, Mapping

from msgspec import inspect

from jobrunner.config.declared import OWN
from jobrunner.config.described import KEYS, TOP
from jobrunner.config.diagnose import fields, kind_of
from jobrunner.config.schema import plain, schema
from jobrunner.config.short import OFF, SHORTS
from jobrunner.model.job import (
    BreakerRule,
    Calendar,
    Expect,
    Http,
    Job,
    Limits,
    Param,
    Retry,
    Threshold,
    Timing,
)
from jobrunner.model.settings import (
    Channel,
    Cluster,
    Crontab,
    Metrics,
    Retention,
    Serve,
    Settings,
)

TABLES: Mapping[str, type] = {
    "[settings]": Settings,
    "[settings.retention]": Retention,
    "one of `crontabs`": Crontab,
    "[jobs.NAME]": Job,
    "[jobs.NAME.retry]": Retry,
    "[jobs.NAME.breaker]": BreakerRule,
    "[jobs.NAME.limits]": Limits,
    "[jobs.NAME.expect]": Expect,
    "one of `schedules`": Timing,
    "[jobs.NAME.calendar]": Calendar,
    "[jobs.NAME.params.PARAM]": Param,
    "[jobs.NAME.notify_after]": Threshold,
    "[jobs.NAME.http]": Http,
    "[notify.NAME]": Channel,
    "[serve]": Serve,
    "[metrics]": Metrics,
    "[cluster]": Cluster,
}

SHORT_WORDS = {int: "whole number", str: "string"}

INTRODUCTION = """\
# jobs.toml

Every key, its type and its default. This page is made from the types that read the file; so is
the JSON Schema that editors check with. Line 1 of a file names it:

```toml
#:schema ./jobs.schema.json
```

The path is seen from the folder of the file; the schema lies in the package as
`jobrunner/config/jobs.schema.json`.

## How values are written

- **Duration**: `"90s"`, `"5m"`, `"1h30m"`, `"2d"`, `"500ms"`, `"1.5h"`; units `ms s m h d w`, the
  largest first, no sign, no space. A bare integer is seconds.
- **Size**: `"512KiB"`, `"1GiB"`, `"10MB"`; a bare integer is bytes.
- **Date**: `2026-12-01`, without quotes, is the whole day in the job's zone;
  `2026-12-01T09:00:00` is that moment there; with an offset it is that instant.
- **Time of day**: `"08:00-20:00"`, both included; `"22:00-06:00"` crosses midnight.
- **Paths** are seen from the folder of the file that holds them. `~` is the home of the user that
  the job runs as. `$NAME` is not expanded; in `command` the shell does it.
- Where a string or a list may stand, the string is a list of one.
- `false` turns a default off: `timeout`, `slow_after`, `queue_timeout`, `notify_every`, `breaker`.
- Secrets have a `_file` and an `_env` form; they are read when they are used and never shown.

A job says when it runs by `cron` (several expressions are their union, and `at` may stand beside
them) or by `every`; `schedules` mix the two and add to them. A job without any of them is run by
hand, or by `after`.

Unknown keys are refused, never ignored.
"""

CRONTABS = """\
## Classic crontabs

Lines of the files in `crontabs` become jobs, read as crontab(5) of Debian says: comments, settings
(they hold for the lines below them), five fields or a nickname, and the command. `/etc/crontab` and
the files of `/etc/cron.d` have a user before the command. A pattern such as `/etc/cron.d/*` is
allowed; names that cron passes over are passed over.

- The name of a job comes from its command; where it is taken, a mark of the line's content follows.
- `%` ends the command and begins its standard input, further ones are newlines; `\\%` is a percent
  sign, and `\\\\` before it a backslash, as Debian's cron has it.
- Where we differ from Debian's cron: `NAME=` sets an empty value (there it spoils the file); blanks
  at the end of a quoted value are kept, as crontab(5) says (there they are lost); an entry without
  a command is refused (there an empty one runs).
- `SHELL` is its `shell`, `CRON_TZ` its `timezone` (as in cronie), `HOME` its `cwd` (else the
  user's home), all others its `env`. `MAILTO` is noted: only channels send mail. `LOGNAME` cannot
  be set, as in cron.
- Jobs of a crontab in cron's spool, `/var/spool/cron/crontabs/NAME`, run as NAME.
- `[defaults]` of the main file hold for these jobs; what the line says wins.
- A line that cannot be read is a problem with its own file, line and column, as in jobs.toml.
"""


def page() -> str:
    """docs/jobs-toml.md."""
    pieces = [INTRODUCTION, "\n".join(_top()), *map("\n".join, map(_table, TABLES)), CRONTABS]
    return "\n".join(f"{piece.rstrip()}\n" for piece in pieces)


def schema_text() -> str:
    """src/jobrunner/config/jobs.schema.json."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _top() -> Iterator[str]:
    yield "## At the top\n"
    yield from _head()
    for key, text in TOP.items():
        kind = "list" if key in {"include", "crontabs"} else "table"
        kind = "`1`" if key == "version" else kind
        yield f"| `{key}` | {kind} | | {text} |"
    excluded = ", ".join(f"`{key}`" for key in fields(Job) if key in OWN)
    yield f"\n`[defaults]` takes every key of a job except {excluded}."


def _head() -> Iterator[str]:
    yield "| key | type | default | meaning |"
    yield "|---|---|---|---|"


def _table(title: str) -> Iterator[str]:
    struct = TABLES[title]
    shown = f"`{title}`" if title.startswith("[") else title
    yield f"## {shown}\n"
    yield from _head()
    for key, text in KEYS[struct].items():
        kind, default = _kind(struct, key)
        yield f"| `{key}` | {kind} | {default} | {text} |"


def _kind(struct: type, key: str) -> tuple[str, str]:
    """A key's type and default, in words."""
    field = fields(struct).get(key)
    short = SHORTS.get(key) if struct is Job else None
    if field is None:
        return "whole number", "`0`"
    kind = _words(field.type)
    if short:
        kind += " or `false`" if short is OFF else f" or {SHORT_WORDS[short.type]}"
    default = plain(field.default)
    return kind, "" if default in (None, "", [], {}) else f"`{_toml(default)}`"


def _words(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata():
            return _words(kind.type)
        case inspect.UnionType():
            types = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
            return " or ".join(map(_words, types))
        case inspect.LiteralType():
            return ", ".join(f"`{value}`" for value in kind.values if value)
        case inspect.VarTupleType(item_type=inspect.LiteralType() as item):
            return f"list of {_words(item)}"
    return kind_of(kind).removeprefix("a ")


def _toml(default: object) -> str:
    return json.dumps(default, ensure_ascii=False)
