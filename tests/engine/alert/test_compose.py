"""What a message says, to people and to programs."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.alert import phrase
from jobrunner.engine.alert.compose import folded, message
from jobrunner.engine.alert.notice import Notice, encode
from jobrunner.engine.state import State, prepare
from jobrunner.engine.transcript import Transcripts
from jobrunner.model.letter import Letter
from jobrunner.model.settings import Channel
from tests.build import NOON

SLOT = "2026-11-20T02:30:00+01:00"
FAILED = Notice(
    event="failure",
    at="2026-11-20T02:41:03+01:00",
    job="backup",
    run_id=1284,
    attempt=4,
    max_attempts=4,
    status="failed",
    reason="exit 1",
    exit_code=1,
    trigger="schedule",
    scheduled_for=SLOT,
    started_at="2026-11-20T02:30:01+01:00",
    duration_seconds=662.4,
    consecutive_failures=1,
    docs="https://wiki.example.com/backup",
    has_output=True,
)


def changed(**changes):
    values = {name: getattr(FAILED, name) for name in FAILED.__struct_fields__}
    return Notice(**(values | changes))


def letter(notice=FAILED, number=1, **changes):
    values = {"id": number, "channel": "ops", "event": notice.event, "job": notice.job}
    return Letter(**(values | {"text": encode(notice), "created_at": NOON} | changes))


def compose(tmp_path, *letters, **channel):
    told = Transcripts(State(str(tmp_path)), None, "web-1")
    return message(
        letters, Channel(name="ops", **channel), told, host="web-1", ledger="abc", now=NOON
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "backup failed: exit 1"),
        ({"consecutive_failures": 3}, "backup failed 3 times in a row: exit 1"),
        (
            {"consecutive_failures": 3, "is_reminder": True, "broken_for_seconds": 7200.0},
            "backup still fails, 3 times in 2h 00m: exit 1",
        ),
        ({"event": "timeout", "reason": "over 2 hours"}, "backup timed out: over 2 hours"),
        ({"event": "lost", "reason": "host restarted"}, "backup was lost: host restarted"),
        (
            {"event": "recovered", "consecutive_failures": 3, "broken_for_seconds": 7200.0},
            "backup is well again, after 3 failures in 2h 00m",
        ),
        ({"event": "success"}, "backup succeeded in 11m 02s"),
        (
            {"event": "slow", "limit_seconds": 600.0},
            "backup is slow: it took 11m 02s, longer than 10m 00s (slow_after)",
        ),
        (
            {"event": "slow", "usual_seconds": 60.0},
            "backup is slow: it took 11m 02s, usually at most 1m 00s",
        ),
        (
            {"event": "too_fast", "duration_seconds": 0.5, "usual_seconds": 60.0},
            "backup was too fast: it took 0.5s, usually 1m 00s",
        ),
        ({"event": "output"}, "backup printed something"),
        (
            {"event": "retrying", "attempt": 1},
            "backup failed in attempt 1 of 4: exit 1; it is tried again",
        ),
        (
            {"event": "missed", "reason": "no tick ran"},
            "backup missed its slot of Fri 2026-11-20 02:30 +01:00: no tick ran",
        ),
        (
            {"event": "missed", "reason": "r", "slots": 31, "slots_until": SLOT},
            "backup missed 31 slots, Fri 2026-11-20 02:30 +01:00 to Fri 2026-11-20 02:30 +01:00: r",
        ),
        ({"event": "skipped", "scheduled_for": "", "reason": "r"}, "backup skipped a run: r"),
        (
            {"event": "slow", "status": "running", "limit_seconds": 600.0},
            "backup is slow: it still runs after 10m 00s (slow_after)",
        ),
        ({"event": "ended"}, "backup has ended: it has no slot any more"),
        ({"event": "breaker_open", "breaker": "db"}, "breaker db is open, after backup failed"),
        ({"event": "breaker_closed", "breaker": "db"}, "breaker db is closed again"),
        (
            {"event": "tick_late", "broken_for_seconds": 90000.0, "missed": 31, "caught_up": 4},
            "no tick for 1d 01h: 31 slots missed, 4 caught up",
        ),
        (
            {"event": "config_invalid", "status": "broken"},
            "jobs.toml cannot be used; the last good one goes on",
        ),
        (
            {"event": "config_invalid", "status": "mended"},
            "jobs.toml is in order again, and in force",
        ),
        ({"event": "unheard_of"}, "backup unheard_of"),
    ],
)
def test_the_title_tells_the_event_in_one_line(changes, expected):
    assert phrase.title(changed(**changes)) == expected


def test_the_text_tells_what_else_is_to_be_known(tmp_path):
    assert compose(tmp_path, letter()).text.splitlines() == [
        "backup failed: exit 1",
        "run #1284, attempt 4 of 4, on web-1",
        "Planned for Fri 2026-11-20 02:30 +01:00",
        "Started Fri 2026-11-20 02:30:01 +01:00, took 11m 02s",
        "What to do: https://wiki.example.com/backup",
        "All of its output: jobrunner logs 1284",
    ]


def test_programs_are_told_the_facts(tmp_path):
    told = compose(tmp_path, letter())
    assert (told.kind, told.subject) == ("dev.jobrunner.run.failed.v1", "jobs/backup/runs/1284")
    assert told.data["duration_seconds"] == 662.4
    assert told.data["scheduled_for"] == SLOT
    assert "missed" not in told.data


def test_the_number_of_a_message_is_that_of_its_letter_and_ledger(tmp_path):
    first, again = compose(tmp_path, letter()), compose(tmp_path, letter())
    other = compose(tmp_path, letter(number=2))
    assert first.id == again.id != other.id


def test_letters_of_one_event_and_job_are_one_event_with_a_count():
    letters = [letter(number=number) for number in (1, 2, 3)]
    (event,) = folded(letters)
    assert (event.notice, event.others) == (FAILED, 2)


def test_what_was_held_is_told(tmp_path):
    told = compose(tmp_path, letter(), letter(number=2))
    assert "1 message like this one before it, not sent one by one" in told.text
    assert told.data["held"] == 1


def test_a_digest_tells_each_event(tmp_path):
    told = compose(tmp_path, letter(), letter(changed(event="missed"), number=2))
    assert (told.event, told.title) == ("digest", "[web-1] 2 events")
    assert [each["event"] for each in told.data["events"]] == ["failure", "missed"]


def test_a_message_names_the_host_where_it_was_and_not_who_sends_it(tmp_path):
    told = compose(tmp_path, letter(changed(host="db-1")))
    assert (told.host, told.source) == ("db-1", "/hosts/db-1/jobrunner")
    assert told.title == "[db-1] backup failed: exit 1"
    assert "attempt 4 of 4, on db-1" in told.text


def test_a_digest_names_every_host_once(tmp_path):
    hosts = ("db-1", "web-2", "", "web-2")
    letters = [
        letter(changed(host=host, job=f"job{number}"), number)
        for number, host in enumerate(hosts, 1)
    ]
    told = compose(tmp_path, *letters)
    assert told.title == "[db-1, web-2 and web-1] 4 events"
    assert [each["host"] for each in told.data["events"]] == ["db-1", "web-2", "web-1", "web-2"]


def test_a_digest_spells_out_so_many_events_for_people_and_tells_programs_all(tmp_path):
    letters = [letter(changed(job=f"job{number}"), number=number) for number in range(500)]
    told = compose(tmp_path, *letters)
    assert told.title == "[web-1] 500 events"
    assert told.text.endswith("... and 450 more")
    assert len(told.data["events"]) == 500


def test_templates_are_filled(tmp_path):
    told = compose(tmp_path, letter(), title="$job: $event on $host", body="$$5 $docs $failures")
    assert told.title == "backup: failure on web-1"
    assert told.text == "$5 https://wiki.example.com/backup 1"


def test_the_last_lines_of_the_output_are_sent_along(tmp_path):
    state = State(str(tmp_path))
    prepare(state)
    path = tmp_path / "output" / state.output(1284, 4)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 200_000 + b"\nfirst\n\x1b[31mred\x1b[0m\xff\nlast\n")
    told = compose(tmp_path, letter(), tail_lines=2)
    assert told.data["output_tail"] == "\ufffd[31mred\ufffd[0m\ufffd\nlast"
    assert told.text.endswith("The end of its output:\n    \ufffd[31mred\ufffd[0m\ufffd\n    last")
    assert "output_tail" not in compose(tmp_path, letter(), tail_lines=0).data


def test_a_letter_that_cannot_be_read_is_told_as_what_it_is(tmp_path):
    told = compose(tmp_path, letter(text="{"))
    assert told.title == "[web-1] backup failed"


TEXT = st.text(max_size=20)


@given(job=TEXT, reason=TEXT, message=TEXT, docs=TEXT)
def test_nothing_that_a_job_says_adds_a_line_or_moves_a_terminal(job, reason, message, docs):
    notice = changed(job=job, reason=reason, message=message, docs=docs)
    told = [phrase.title(notice), *phrase.lines(notice, "web-1")]
    title = told[0]
    assert title.isprintable()
    assert "\n" not in title


def test_an_instant_is_told_in_its_zone():
    assert phrase.moment("2026-11-20T02:30:00+00:00") == "Fri 2026-11-20 02:30 UTC"
    assert phrase.length(timedelta(hours=2).total_seconds()) == "2h 00m"
