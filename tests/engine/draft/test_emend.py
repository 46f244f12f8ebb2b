"""Forms of jobs: what is shown of a table, and what of it changes."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from jobrunner.engine.draft.assign import value_at
from jobrunner.engine.draft.emend import FieldError, emended
from jobrunner.engine.draft.sheet import filled
from tests.build import NOON

BERLIN = ZoneInfo("Europe/Berlin")
TABLES = """
[plain]
command = "echo a\\nb"
cron = ["0 1 * * *", "0 2 * * *"]
description = " spaces "
tags = ["a", "b"]
[words]
command = ["a", "b c"]
every = 90
enabled = false
timeout = false
retries = 2
notify = []
[call]
http = { url = "https://a.example/", headers = { A = "1" }, body = "x" }
retry = { attempts = 3, delay = "5s", max_delay = "1h" }
notify = ["ops", "mail"]
at = [2026-12-01T09:00:00, 2026-12-02T09:00:05Z]
start = 2026-01-01
[rows]
sql_file = "a.sql"
database_env = "DB"
sql_params = { a = 1 }
cron = "0 1 * * *"
every = "5m"
[function]
python = "a:b"
args = { a = 1 }
after = ["plain"]
"""
SOON, GONE = {"delay": "5s"}, {"python": None, "args": None}


def table(name):
    return value_at(TABLES, (name,))


def changed(name, **fields):
    """What differs in the table after these fields were filled in."""
    old = table(name) if name else {}
    fields = {key.replace("__", "."): text for key, text in fields.items()}
    new = emended(old, filled(old) | fields, NOON, BERLIN)
    return {key: new.get(key) for key in old | new if old.get(key) != new.get(key)}


@pytest.mark.parametrize("name", ["plain", "words", "call", "rows", "function"])
def test_a_form_that_is_sent_as_it_came_changes_nothing(name):
    sent = {key: text.replace("\n", "\r\n") for key, text in filled(table(name)).items()}
    assert emended(table(name), sent, NOON, BERLIN) == table(name)


@pytest.mark.parametrize(
    ("name", "fields", "wanted"),
    [
        ("plain", {"command": "echo c"}, {"command": "echo c"}),
        ("plain", {"command": '["a", "b"]'}, {"command": ["a", "b"]}),
        ("plain", {"command": "[ -e x ] && y"}, {"command": "[ -e x ] && y"}),
        ("plain", {"description": ""}, {"description": None}),
        ("plain", {"tags": "b, , c d"}, {"tags": ["b", "c d"]}),
        ("plain", {"cron": "0 3 * * *\r\n"}, {"cron": "0 3 * * *"}),
        ("plain", {"when": "every", "every": "5m"}, {"every": "5m", "cron": None}),
        ("plain", {"when": "daily", "daily": "9:05"}, {"cron": "5 9 * * *"}),
        ("plain", {"when": "hand"}, {"cron": None}),
        ("plain", {"enabled": ""}, {"enabled": False}),
        ("plain", {"timeout": "None"}, {"timeout": False}),
        ("plain", {"start": "2026-12-01"}, {"start": date(2026, 12, 1)}),
        ("plain", {"retries": "2"}, {"retries": 2}),
        ("plain", {"retries": "two"}, {"retries": "two"}),
        ("plain", {"retries": "9" * 5000}, {"retries": "9" * 5000}),
        ("plain", {"notify": "none"}, {"notify": []}),
        ("plain", {"notify": "these", "notify__ops": "yes"}, {"notify": ["ops"]}),
        ("words", {"retries": ""}, {"retries": None}),
        ("words", {"enabled": "yes"}, {"enabled": True}),
        ("words", {"notify": ""}, {"notify": None}),
        ("words", {"retry__delay": "5s"}, {"retries": None, "retry": {"attempts": 2} | SOON}),
        ("call", {"retries": ""}, {"retry": {"delay": "5s", "max_delay": "1h"}}),
        ("call", {"notify__ops": ""}, {"notify": ["mail"]}),
        ("rows", {"when": "kept", "cron": "x"}, {}),
        ("rows", {"when": "cron", "cron": "0 5 * * *"}, {"cron": "0 5 * * *", "every": None}),
        ("rows", {"sql": "SELECT 1"}, {"sql": "SELECT 1"}),
        ("function", {"kind": "command", "command": "x"}, {"command": "x"} | GONE),
    ],
)  # fmt: skip
def test_what_is_filled_in_otherwise_changes_its_key_alone(name, fields, wanted):
    assert changed(name, **fields) == wanted


def test_the_keys_of_a_call_that_no_field_shows_stay():
    found = changed("call", http__method="PUT", http__body="")["http"]
    assert found == {"url": "https://a.example/", "headers": {"A": "1"}, "method": "PUT"}


def test_times_are_read_in_the_zone_of_the_job():
    found = changed("", kind="command", command="x", when="at", at="12:30\n2026-12-01 09:00")
    tomorrow = datetime(2026, 11, 21, 12, 30)  # noqa: DTZ001 - in the zone of the job
    assert found["at"] == [tomorrow, datetime(2026, 12, 1, 9)]  # noqa: DTZ001


def test_a_new_job_has_its_keys_in_the_order_in_which_they_are_read():
    fields = {"kind": "command", "command": "x", "when": "every", "every": "5m", "enabled": "yes"}
    new = emended({}, fields | {"timeout": "1h", "description": "d"}, NOON, BERLIN)
    assert [*new] == ["description", "every", "command", "timeout"]


def test_boxes_that_are_not_sent_are_not_ticked_and_other_fields_are_as_they_were():
    assert emended(table("call"), {"notify": "these"}, NOON, BERLIN) == table("call") | {
        "enabled": False,
        "notify": [],
    }


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"when": "daily", "daily": "25:00"}, "daily"),
        ({"when": "at", "at": "soon"}, "at"),
        ({"when": "cron", "cron": " \n"}, "cron"),
        ({"when": "never"}, "when"),
        ({"kind": "shell"}, "kind"),
        ({"end": "2026-02-30"}, "end"),
    ],
)
def test_what_cannot_be_understood_is_told_at_its_field(fields, field):
    with pytest.raises(FieldError) as refused:
        changed("words", **fields)
    assert refused.value.field == field
