"""What the schema refuses, whoever writes: each constraint is shown a row that breaks it."""

import sqlite3
from contextlib import closing

import pytest

from jobrunner.store.sqlite.migration import statements
from jobrunner.store.step import steps

RUN = {"job": "a", "trigger": "manual", "state": "queued", "created_at": 1}
SLOT = RUN | {"trigger": "schedule", "scheduled_for": 1}
STARTED = RUN | {"attempts": 1, "started_at": 1}
RUNNING = STARTED | {"state": "running", "owner": "me"}
DONE = STARTED | {"state": "success", "finished_at": 2}
MISSED = SLOT | {"state": "missed", "reason": "down", "finished_at": 2}
STRETCH = MISSED | {"slots": 3, "slots_until": 3}
ATTEMPT = {"run": 1, "number": 1, "state": "running", "owner": "me", "started_at": 1}
MARK = {"job": "a", "looked_at": 1, "schedule": "s", "first_seen_at": 1}
JOB = {"name": "a"}
PAUSED = JOB | {"paused_at": 1, "paused_by": "me"}
BREAKER = {"name": "a", "state": "closed"}
OPEN = BREAKER | {"state": "open", "opened_at": 1}
REQUEST = {"kind": "run", "job": "a", "asked_by": "me", "asked_at": 1}
TAKEN = REQUEST | {"taken_by": "me", "taken_at": 1}
TICKS = {"first_at": 1, "last_at": 2}
DAY = {"day": 1, "job": "a", "state": "success", "slots": 1}
TOTAL = {"job": "a", "state": "success", "upto": 60, "slots": 1}
STEP = {"week": 1, "job": "a", "step": 1, "runs": 1}
MESSAGE = {"channel": "mail", "event": "failed", "message": "m", "created_at": 1}
WAITING = MESSAGE | {"state": "waiting", "send_at": 1}
ALARM = {"subject": "a", "channel": "mail"}
RAISED = ALARM | {"failures": 1, "since": 1, "raised_at": 2, "told_at": 2}
TOKEN = {"name": "ci", "prefix": "jr_", "hash": "0" * 64, "role": "viewer", "created_at": 1}
SESSION = {"hash": "0" * 64, "token": 1, "created_at": 1, "expires_at": 2}
AUDIT = {"happened_at": 1, "who": "me", "action": "run"}
KEY = {"key": "0" * 64, "request": "0" * 64, "began_at": 1}
DEFINITION = {"fingerprint": "a", "text": "{}", "first_seen_at": 1}

GOOD = [
    *(("runs", row) for row in (RUN, SLOT, RUNNING, DONE, MISSED, STRETCH)),
    ("runs", RUN | {"trigger": "after"}),
    ("runs", RUN | {"trigger": "retry", "slot_of": 1, "next_attempt_at": 5}),
    ("runs", STARTED | {"state": "retrying", "next_attempt_at": 5}),
    ("runs", RUN | {"state": "stopped", "finished_at": 2}),
    ("attempts", ATTEMPT),
    *(("jobs", row) for row in (JOB, PAUSED, JOB | {"failures": 2, "failing_since": 1})),
    *(("breakers", row) for row in (BREAKER, OPEN, OPEN | {"state": "half_open", "probe": 1})),
    *(("requests", row) for row in (REQUEST, TAKEN, TAKEN | {"answered_at": 2, "done": 0})),
    ("requests", REQUEST | {"kind": "stop", "run": 1}),
    *(("alarms", row) for row in (ALARM, RAISED)),
    *(("marks", MARK), ("ticks", TICKS), ("days", DAY), ("durations", STEP), ("outbox", WAITING)),
    ("totals", TOTAL),
    ("tokens", TOKEN | {"id": 2, "name": "b", "hash": "1" * 64}),
    ("tokens", TOKEN | {"name": "first", "revoked_at": 2}),
    *(("sessions", SESSION), ("audit", AUDIT), ("definitions", DEFINITION), ("answers", KEY)),
]

BAD = [
    ("runs", RUN, {"job": ""}),
    ("runs", DONE, {"state": "unknown"}),
    ("runs", RUN, {"trigger": "unknown"}),
    ("runs", RUN, {"created_at": None}),
    ("runs", RUN, {"created_at": "yesterday"}),
    ("runs", RUN, {"attempts": -1, "state": "stopped", "finished_at": 2}),
    ("runs", RUN, {"scheduled_for": 1}),
    ("runs", SLOT, {"scheduled_for": None}),
    ("runs", SLOT, {"slot_of": 1}),
    ("runs", SLOT, {"slots": 2, "slots_until": 2}),
    ("runs", STRETCH, {"slots": 1}),
    ("runs", STRETCH, {"slots_until": None}),
    ("runs", STRETCH, {"slots_until": 1}),
    ("runs", STRETCH, {"slots": 0}),
    ("runs", STRETCH, {"trigger": "after", "scheduled_for": None}),
    ("runs", RUN, {"finished_at": 2}),
    ("runs", DONE, {"finished_at": None}),
    ("runs", MISSED, {"reason": ""}),
    ("runs", MISSED, {"state": "skipped", "reason": ""}),
    ("runs", MISSED, {"attempts": 1, "started_at": 1}),
    ("runs", RUN, {"attempts": 1, "started_at": 1}),
    ("runs", DONE, {"attempts": 0, "started_at": None}),
    ("runs", RUN, {"state": "lost", "finished_at": 2}),
    ("runs", RUN, {"started_at": 1}),
    ("runs", RUNNING, {"started_at": None}),
    ("runs", RUNNING, {"owner": ""}),
    ("runs", RUNNING, {"next_attempt_at": 5}),
    ("runs", RUNNING, {"state": "retrying"}),
    ("runs", DONE, {"next_attempt_at": 5}),
    ("runs", DONE, {"exit_code": 1, "signal": 9}),
    *(("runs", DONE, {name: -1}) for name in ("duration", "cpu", "max_rss")),
    *(("runs", DONE, {name: -1}) for name in ("output_size", "output_cut")),
    ("attempts", ATTEMPT, {"run": 7}),
    ("attempts", ATTEMPT, {"number": 0}),
    ("attempts", ATTEMPT, {"owner": ""}),
    ("attempts", ATTEMPT, {"state": "queued", "finished_at": 2}),
    ("attempts", ATTEMPT, {"state": "failed"}),
    ("attempts", ATTEMPT, {"finished_at": 2}),
    ("attempts", ATTEMPT, {"exit_code": 1, "signal": 9}),
    *(("attempts", ATTEMPT, {name: -1}) for name in ("duration", "cpu", "max_rss")),
    *(("attempts", ATTEMPT, {name: -1}) for name in ("output_size", "output_cut")),
    ("marks", MARK, {"job": ""}),
    ("jobs", JOB, {"name": ""}),
    ("jobs", JOB, {"failures": -1}),
    ("jobs", JOB, {"failures": 1}),
    ("jobs", JOB, {"failing_since": 1}),
    ("jobs", JOB, {"recovered_from": -1}),
    ("jobs", PAUSED, {"paused_by": ""}),
    ("jobs", PAUSED, {"paused_until": 1}),
    ("jobs", JOB, {"paused_until": 1}),
    ("breakers", BREAKER, {"name": ""}),
    ("breakers", BREAKER, {"state": "ajar", "opened_at": 1}),
    ("breakers", BREAKER, {"failures": -1}),
    ("breakers", BREAKER, {"opened_at": 1}),
    ("breakers", OPEN, {"opened_at": None}),
    ("breakers", OPEN, {"probe": 1}),
    ("definitions", DEFINITION, {"text": ""}),
    ("definitions", DEFINITION, {"fingerprint": ""}),
    ("requests", REQUEST, {"kind": "command"}),
    ("requests", REQUEST, {"job": ""}),
    ("requests", REQUEST, {"run": 1}),
    ("requests", REQUEST, {"kind": "stop"}),
    ("requests", REQUEST, {"asked_by": ""}),
    ("requests", REQUEST, {"taken_by": "me"}),
    ("requests", REQUEST, {"answered_at": 2, "done": 1}),
    ("requests", TAKEN, {"answered_at": 2}),
    ("requests", TAKEN, {"done": 1}),
    ("requests", TAKEN, {"answered_at": 2, "done": 2}),
    ("ticks", TICKS, {"last_at": 0}),
    ("ticks", TICKS, {"ticks": 0}),
    ("days", DAY, {"slots": 0}),
    ("days", DAY, {"state": "running"}),
    *(("days", DAY, {name: -1}) for name in ("duration", "longest", "cpu")),
    ("totals", TOTAL, {"job": ""}),
    ("totals", TOTAL, {"state": "running"}),
    ("totals", TOTAL, {"slots": 0}),
    *(("totals", TOTAL, {name: -1}) for name in ("upto", "attempts", "duration")),
    ("durations", STEP, {"runs": 0}),
    ("durations", STEP, {"step": -1}),
    ("outbox", WAITING, {"channel": ""}),
    ("outbox", WAITING, {"event": ""}),
    ("outbox", WAITING, {"tries": -1}),
    ("outbox", MESSAGE, {"state": "lost", "finished_at": 2}),
    ("outbox", WAITING, {"send_at": None}),
    ("outbox", WAITING, {"finished_at": 1}),
    ("outbox", WAITING, {"state": "sent", "send_at": None}),
    ("alarms", ALARM, {"subject": ""}),
    ("alarms", ALARM, {"channel": ""}),
    ("alarms", ALARM, {"failures": -1}),
    ("alarms", RAISED, {"told_at": None}),
    ("alarms", RAISED, {"raised_at": None}),
    ("tokens", TOKEN, {"name": ""}),
    ("tokens", TOKEN, {"hash": "short"}),
    ("tokens", TOKEN, {"role": "root"}),
    ("tokens", TOKEN, {"name": "first"}),
    ("sessions", SESSION, {"hash": "short"}),
    ("sessions", SESSION, {"token": 7}),
    ("sessions", SESSION, {"expires_at": 1}),
    ("answers", KEY, {"key": "short"}),
    ("answers", KEY, {"request": "short"}),
    ("audit", AUDIT, {"who": ""}),
    ("audit", AUDIT, {"action": ""}),
]

TWICE = [
    ("runs", SLOT),
    ("runs", MISSED | {"place": "web-1"}),
    *(("attempts", ATTEMPT), ("marks", MARK), ("jobs", JOB), ("breakers", BREAKER)),
    ("alarms", ALARM),
    ("totals", TOTAL),
    *(("days", DAY), ("durations", STEP), ("definitions", DEFINITION), ("sessions", SESSION)),
]


@pytest.fixture
def database():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.execute("PRAGMA foreign_keys = ON")
        for _, text in steps():
            for statement in statements(text):
                database.execute(statement)
        insert(database, "runs", RUN | {"id": 1})
        insert(database, "tokens", TOKEN | {"id": 1, "name": "first", "hash": "f" * 64})
        yield database


def insert(database, table, row):
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)


@pytest.mark.parametrize(("table", "row"), GOOD)
def test_a_row_that_may_be_is_taken(database, table, row):
    insert(database, table, row)


@pytest.mark.parametrize(("table", "row", "change"), BAD)
def test_a_row_that_must_not_be_is_refused(database, table, row, change):
    with pytest.raises(sqlite3.IntegrityError):
        insert(database, table, row | change)


@pytest.mark.parametrize(("table", "row"), TWICE)
def test_what_has_to_be_unique_is_refused_the_second_time(database, table, row):
    insert(database, table, row)
    with pytest.raises(sqlite3.IntegrityError):
        insert(database, table, row)


def test_every_constraint_of_every_table_is_shown_a_row_that_breaks_it(database):
    """Each CHECK is taken out in turn: some bad row has to get in then."""
    text = in_force(database)
    checks = text.count("CHECK (")
    missed = [number for number in range(checks) if not any_gets_in(without_check(text, number))]
    assert (checks > 60, missed) == (True, [])


def in_force(database):
    """The schema that all steps together make."""
    made = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'"
    return "".join(f"{text};\n" for (text,) in database.execute(f"{made} ORDER BY rowid"))


def without_check(text, number):
    pieces = text.split("CHECK (")
    return (
        "CHECK (".join(pieces[: number + 1]) + "CHECK (1 OR " + "CHECK (".join(pieces[number + 1 :])
    )


def any_gets_in(text):
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.execute("PRAGMA foreign_keys = ON")
        for statement in statements(text):
            database.execute(statement)
        insert(database, "runs", RUN | {"id": 1})
        insert(database, "tokens", TOKEN | {"id": 1, "name": "first", "hash": "f" * 64})
        return any(gets_in(database, table, row | change) for table, row, change in BAD)


def gets_in(database, table, row):
    try:
        insert(database, table, row)
    except sqlite3.IntegrityError:
        return False
    return True


def test_numbers_of_runs_are_never_given_again(database):
    database.execute("DELETE FROM runs")
    insert(database, "runs", RUN)
    assert database.execute("SELECT id FROM runs").fetchall() == [(2,)]
