"""The options that every command takes: how an answer is wanted."""

import json
import re

import pytest

from jobrunner.cli.main import jobrunner
from tests.cli.nights import three_nights


@pytest.fixture
def told(call, tmp_path):
    """What a command answers on a terminal, with the past of three nights."""
    three_nights(tmp_path)

    def told(*arguments):
        code, out, _ = call(*arguments, FORCE_TTY="1", JOBRUNNER_COLUMNS="120")
        assert code in {0, 1}
        return out

    return told


@pytest.mark.parametrize("command", ["list", "next", "history", "logs backup", "why backup"])
def test_plain_is_on_a_terminal_what_a_pipe_gets(told, call, command):
    plain = told(*command.split(), "--plain")
    assert plain == call(*command.split(), FORCE_TTY="")[1]
    assert "--plain" not in plain


def test_plain_has_no_colour_unless_it_is_asked_for(told, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in told("status")
    assert "\x1b" not in told("status", "--plain")
    assert "\x1b" in told("status", "--plain", "--color", "always")


@pytest.mark.parametrize("where", ["before", "after"])
def test_no_color_is_color_never(told, monkeypatch, where):
    monkeypatch.setenv("FORCE_COLOR", "1")
    words = ("--no-color", "list") if where == "before" else ("list", "--no-color")
    assert "\x1b" not in told(*words)


@pytest.mark.parametrize(
    ("command", "local", "utc"),
    [
        ("next", "PLANNED (CET)", "PLANNED (UTC)"),
        ("list", "Times in Europe/Berlin (CET).", "Times in UTC (UTC)."),
        ("history backup", "Fri 2026-11-20 02:30", "Fri 2026-11-20 01:30"),
        ("show backup", "Sat 2026-11-21 02:30 CET", "Sat 2026-11-21 01:30 UTC"),
        ("logs backup", "02:30:01 CET", "01:30:01 UTC"),
        ("why backup", "Next try: Sat 2026-11-21 02:30", "Next try: Sat 2026-11-21 01:30"),
    ],
)
def test_utc_is_the_zone_of_every_time(told, command, local, utc):
    assert local in told(*command.split())
    shown = told(*command.split(), "--utc")
    assert utc in shown
    assert local not in shown


def test_times_that_are_given_are_utc_with_utc(told):
    assert "no slot" not in told("why", "backup", "--at", "2026-11-20 01:30", "--utc")
    assert "no slot" in told("why", "backup", "--at", "2026-11-20 02:30", "--utc")


@pytest.mark.parametrize("command", ["list", "next", "history", "show backup", "why backup"])
def test_utc_is_the_zone_of_json_too(told, command):
    local = told(*command.split(), "--json")
    found = told(*command.split(), "--json", "--utc")
    assert "+01:00" in local
    assert not re.search(r"[+-]\d\d:\d\d\"", found)
    assert len(json.loads(found)) == len(json.loads(local))


def test_utc_is_the_zone_of_single_fields(told):
    assert told("list", "--fields", "next_run_at", "--utc").startswith("2026-11-21T01:30:00+00:00")


@pytest.mark.parametrize("command", ["list", "status", "show backup", "next", "history backup"])
def test_absolute_leaves_nothing_to_count_from_now(told, command):
    relative = re.compile(r"\d[dhms] ago|in \d+[dhm] |\+1s|LEFT")
    assert relative.search(told(*command.split()))
    assert not relative.search(told(*command.split(), "--absolute"))


def test_absolute_has_date_and_zone(told):
    assert "failed Fri 2026-11-20 02:41:03 CET" in told("list", "--absolute")


def test_quiet_leaves_out_hints_and_footers(told):
    assert "Times in" in told("list")
    assert told("list", "-q").count("\n") == 3
    assert "Filters:" not in told("history", "-q")


def test_quiet_says_no_word_of_what_was_done(told):
    assert told("pause", "backup", "-q") == ""
    assert told("resume", "backup", "-q") == ""
    assert told("set", "backup.timeout", "2h", "--quiet") == ""


def test_quiet_still_says_what_is_wrong(call):
    code, out, complaint = call("-q", "show", "nobody")
    assert (code, out) == (5, "")
    assert complaint.startswith("Error: ")


def test_every_option_is_told_in_the_overview(call):
    _, out, _ = call()
    assert all(name in out for option in jobrunner.params for name in option.opts)
