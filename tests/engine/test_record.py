"""What one record looks like to people, to programs, and to the journal."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from jobrunner.engine.record import (
    LEVELS,
    PRIORITIES,
    About,
    Record,
    as_fields,
    as_json,
    as_text,
    of_run,
    parsed,
)
from tests.build import NOON, make_run

TOOK = timedelta(seconds=1.2345)
ENDED = Record(
    at=NOON,
    level="info",
    text="backup #7 failed exit 1",
    about=of_run("end", make_run(id=7, attempts=2), TOOK),
)
PLAIN = Record(at=NOON, level="error", text="the disk is full")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
RECORDS = st.builds(Record, at=st.just(NOON), level=st.sampled_from(LEVELS), text=TEXTS)


def fields(message):
    """What the journal reads: a line with "=", or a name, a length and so many bytes."""
    found = {}
    while message:
        line, _, rest = message.partition(b"\n")
        name, is_short, value = line.partition(b"=")
        if not is_short:
            size = int.from_bytes(rest[:8], "little")
            value, rest = rest[8 : 8 + size], rest[8 + size :].removeprefix(b"\n")
        found[name.decode()] = value.decode()
        message = rest
    return found


def test_an_object_has_what_applies_to_a_run():
    assert json.decode(as_json(ENDED)) == {
        "timestamp": "2026-11-20T12:00:00Z",
        "level": "info",
        "logger": "jobrunner",
        "message": "backup #7 failed exit 1",
        "event": "end",
        "job_id": "backup",
        "run": 7,
        "attempt": 2,
        "execution_time_ms": 1234,
    }


def test_what_is_about_no_run_has_no_keys_of_one():
    assert [*json.decode(as_json(PLAIN))] == ["timestamp", "level", "logger", "message"]


@given(RECORDS)
def test_an_object_is_one_line_and_is_read_back(record):
    (line,) = as_json(record).removesuffix("\n").split("\n")
    assert parsed(line) == record


@pytest.mark.parametrize("record", [ENDED, PLAIN])
def test_a_line_for_people_is_read_back(record):
    found = parsed(as_text(record).removesuffix("\n"))
    assert (found.at, found.level, found.text) == (record.at, record.level, record.text)


@pytest.mark.parametrize(
    "line", ["", "{", "{}", "word", "2026-11-20T12:00:00Z", "2026-13-20T12:00:00Z info x"]
)
def test_what_is_no_record_is_read_as_none(line):
    assert parsed(line) is None


@given(TEXTS)
def test_any_line_can_be_looked_at(line):
    parsed(line)


def test_the_journal_gets_the_run_in_fields():
    assert fields(as_fields(ENDED)) == {
        "MESSAGE": "backup #7 failed exit 1",
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "jobrunner",
        "JOBRUNNER_EVENT": "end",
        "JOBRUNNER_JOB": "backup",
        "JOBRUNNER_RUN": "7",
        "JOBRUNNER_ATTEMPT": "2",
        "JOBRUNNER_EXECUTION_TIME_MS": "1234",
    }


@given(RECORDS)
def test_no_message_can_forge_a_field(record):
    found = fields(as_fields(record))
    assert found == {
        "MESSAGE": record.text,
        "PRIORITY": str(PRIORITIES[record.level]),
        "SYSLOG_IDENTIFIER": "jobrunner",
    }


def test_a_run_without_an_attempt_has_no_number_of_one():
    assert of_run("skip", make_run(id=7)) == About(event="skip", job="backup", run=7)
