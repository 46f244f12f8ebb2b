"""Tables of jobs from JSON, and where they go in the text."""

from datetime import date, datetime

import pytest

from jobrunner.config.edit.literal import plain
from jobrunner.engine.draft.table import from_json, merged, rewritten, table_of
from jobrunner.errors import UnknownError, UnusableError

TEXT = """\
# ours
[jobs.backup]   # nightly
cron = "30 2 * * *"  # half past two
command = "dump"
retry = { attempts = 2 }

[jobs.backup.env]
A = "1"  # keep
B = "2"
"""
BACKUP = ("jobs", "backup")


def test_what_is_equal_stays_as_it_is():
    assert rewritten(TEXT, BACKUP, table_of(TEXT, "backup")) == TEXT


def test_what_differs_is_written_in_its_place_and_nothing_else_is_touched():
    new = table_of(TEXT, "backup") | {"command": "dump -v", "env": {"A": "1", "C": "3"}}
    text = rewritten(TEXT, BACKUP, new)
    assert table_of(text, "backup") == new
    for kept in ("# ours", "# nightly", "# half past two", 'A = "1"  # keep'):
        assert kept in text


@pytest.mark.parametrize(
    "new",
    [
        {"command": "x"},
        {"command": ["a", "b"], "env": {}, "every": "5m"},
        {"command": "x", "retry": {"delay": "5s"}, "env": {"B": "3"}},
        {"command": "x", "env": "no table"},
        {"command": "x", "retry": 3, "tags": ["a"], "at": [datetime(2026, 12, 1, 9)]},  # noqa: DTZ001
    ],
)
def test_a_table_is_replaced_whole(new):
    assert table_of(rewritten(TEXT, BACKUP, new), "backup") == plain(new)


def test_a_patch_merges_tables_and_takes_away_what_is_null():
    patch = {"cron": None, "every": "5m", "retry": {"delay": "1m"}, "env": {"A": None}}
    assert merged(table_of(TEXT, "backup"), patch) == {
        "command": "dump",
        "every": "5m",
        "retry": {"attempts": 2, "delay": "1m"},
        "env": {"B": "2"},
    }


def test_dates_of_json_become_dates_where_a_date_is_meant():
    found = from_json({"start": "2026-12-01", "schedules": [{"at": "2026-12-01T09:00:00"}]})
    assert found["start"] == date(2026, 12, 1)
    assert found["schedules"][0]["at"] == datetime(2026, 12, 1, 9)  # noqa: DTZ001 - of the zone
    assert from_json({"description": "2026-12-01", "end": "never"}) == {
        "description": "2026-12-01",
        "end": "never",
    }


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return {"tags": value}


@pytest.mark.parametrize("table", [{"cron": None}, {"env": {"A": None}}, nested(17), nested(900)])
def test_what_toml_cannot_say_is_refused(table):
    with pytest.raises(UnusableError):
        from_json(table)


def test_a_job_that_is_not_there_has_no_table():
    with pytest.raises(UnknownError):
        table_of(TEXT, "other")
