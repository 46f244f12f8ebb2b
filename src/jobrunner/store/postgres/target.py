"""Which database a URL names, and how it is spoken to: settings of every connection to it."""

import re

from msgspec import Struct
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from jobrunner.errors import StoreError

SCHEMA = "jobrunner"
# Seconds until a server that gives no answer is called away.
TIMEOUT = 10
# A transaction that waits for a lock, or one whose host is frozen, gives up in time.
PATIENCE = 10
FROZEN = 20
# So many times that a server that took a statement may go on without a word.
PATIENT = 3
# Every statement finds its rows by an index, one after the other, if there is one that serves: we
# know that without statistics, which are wrong for a moment whenever much was written at once.
BY_INDEX = {
    "jit": "off",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
}
SETTINGS = BY_INDEX | {
    "search_path": SCHEMA,
    "lock_timeout": f"{PATIENCE}s",
    "idle_in_transaction_session_timeout": f"{FROZEN}s",
    "default_transaction_isolation": r"read\ committed",
    "TimeZone": "UTC",
}
SYNCHRONOUS = "synchronous_commit"
# What the driver quotes of a URL may be a part of its password.
QUOTED = re.compile(r'".*"', re.DOTALL)
PORTS = re.compile(r"[0-9]*(,[0-9]*)*")


class Target(Struct, frozen=True):
    """A database: its name for people, without a password, and how it is reached."""

    name: str
    conninfo: str
    answer: float  # seconds after which a server that took a statement is taken for frozen
    is_synchronous: bool  # whether what was committed is to be safe, as it is unless the URL says


def target_of(url: str, timeout: float | None = None) -> Target:
    """What a URL asks for, with what we add to it.  Its own `options` have the last word."""
    timeout = TIMEOUT if timeout is None else timeout
    try:
        wanted = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except ProgrammingError as error:
        said = QUOTED.sub("a part of it", str(error)).strip()
        raise StoreError(f"not a URL of a PostgreSQL: {said}") from None
    _refuse_unquoted(wanted)
    own = wanted.get("options", "")
    answer = PATIENT * timeout
    # The server is to end a statement by itself, and a little sooner.
    settings = SETTINGS | {"statement_timeout": f"{answer * 900:.0f}ms"}
    options = [f"-c {key}={value}" for key, value in settings.items()]
    added = {
        "application_name": wanted.get("application_name", SCHEMA),
        "connect_timeout": _at_most(wanted.get("connect_timeout"), timeout, 1),
        "tcp_user_timeout": _at_most(wanted.get("tcp_user_timeout"), timeout, 1000),
        "keepalives": "1",
        "keepalives_idle": _at_most(wanted.get("keepalives_idle"), timeout, 1),
        "keepalives_interval": _at_most(wanted.get("keepalives_interval"), timeout / 5, 1),
        "keepalives_count": wanted.get("keepalives_count", "3"),
        "target_session_attrs": wanted.get("target_session_attrs", "read-write"),
        "options": " ".join([*options, own]).strip(),
    }
    conninfo = make_conninfo(**{**wanted, **added})
    return Target(_name(wanted), conninfo, answer, SYNCHRONOUS not in own)


def _refuse_unquoted(wanted: dict[str, str]) -> None:
    """Refuse a URL in whose place of a host is a part of its password: all would be told of it."""
    places = "".join(wanted.get(key, "") for key in ("host", "hostaddr", "dbname"))
    if "@" in places or not PORTS.fullmatch(wanted.get("port", "")):
        raise StoreError(
            "not a URL of a PostgreSQL: what is special in a password has to be quoted, as %40 for"
            " @, %2F for / and %3A for a colon"
        )


def _at_most(given: str | None, timeout: float, unit: int) -> str:
    """The timeout in a unit; a URL may ask for a shorter one, and 0 stands for none at all."""
    ours = max(1, round(timeout * unit))
    theirs = int(given) if given and given.isdecimal() else 0
    return str(min(ours, theirs) if theirs else ours)


def _name(wanted: dict[str, str]) -> str:
    host = wanted.get("host") or wanted.get("hostaddr") or "localhost"
    port = f":{wanted['port']}" if "port" in wanted else ""
    base = wanted.get("dbname") or wanted.get("user") or ""
    if host.startswith("/"):
        return f"postgresql:///{base}?host={host}"
    return f"postgresql://{host}{port}/{base}"
