"""What a change means, told job by job, at noon UTC on Friday 2026-11-20."""

from zoneinfo import ZoneInfo

import pytest

from jobrunner import config
from jobrunner.config.problem import ConfigError
from jobrunner.engine.draft.change import is_secret, told, value_words
from jobrunner.engine.draft.trial import Draft
from jobrunner.model.value import Zone
from tests.build import NOON

BERLIN = Zone("Europe/Berlin", ZoneInfo("Europe/Berlin"))
BACKUP = '[jobs.backup]\ncron = "30 2 * * *"\ncommand = "dump"\n'
REPORT = '[jobs.report]\ncommand = "report"\n'


def draft(old, new):
    def parsed(text):
        try:
            return config.parse(text, "/srv/jobs.toml", local=BERLIN)
        except ConfigError:
            return None

    return Draft(file="/srv/jobs.toml", old=old, new=new, before=parsed(old), after=parsed(new))


def lines(old, new):
    return told(draft(old, new), NOON, BERLIN.info)


def test_a_changed_key_is_told_with_its_values_and_the_next_slot():
    assert lines(BACKUP, BACKUP.replace("30 2", "0 3")) == [
        "Saved. 1 job changed:",
        "  backup   cron  30 2 * * *  ->  0 3 * * *    next Sat 2026-11-21 03:00 CET (was 02:30)",
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("30 2 * * *", "0 9 1 1 *", "next Fri 2027-01-01 09:00 CET (was Sat 2026-11-21 02:30)"),
        ("30 2 * * *", "30 2 * * 1-7", "next Sat 2026-11-21 02:30 CET"),
        ("@reboot", "@daily", "next Sat 2026-11-21 00:00 CET (was not planned)"),
        ("@daily", "@reboot", "at the first tick after boot (was Sat 2026-11-21 00:00 CET)"),
    ],
)
def test_the_next_slot_is_told_beside_what_it_was(old, new, words):
    text = BACKUP.replace("30 2 * * *", old)
    assert lines(text, text.replace(old, new))[1].endswith(f"    {words}")


def test_further_keys_stand_below_the_first():
    found = lines(REPORT, REPORT + 'timeout = "2h"\nretry = { attempts = 3 }\n')
    assert found[1:] == [
        "  report   timeout  -  ->  2h    by hand only",
        "           retry.attempts  -  ->  3",
    ]


def test_jobs_that_come_and_go_are_counted_and_told():
    assert lines(BACKUP, REPORT) == [
        "Saved. 1 job added, 1 removed:",
        "  report   added    by hand only",
        "  backup   removed    its history stays",
    ]


def test_what_a_default_does_to_jobs_is_told():
    text = '[defaults]\ntimezone = "UTC"\n' + BACKUP
    assert lines(BACKUP, text) == [
        "Saved. 1 job changed:",
        "  [defaults]   timezone  -  ->  UTC",
        "  backup   by what it shares    next Sat 2026-11-21 03:30 CET = 02:30 UTC (was 02:30)",
    ]


def test_a_change_that_changes_no_job_says_so():
    assert lines(BACKUP, BACKUP + "# a note\n") == ["Saved. No job changed."]


def test_settings_are_told_without_a_job():
    assert lines(BACKUP, BACKUP + "[settings]\nmax_parallel = 5\n") == [
        "Saved. No job changed:",
        "  [settings]   max_parallel  -  ->  5",
    ]


@pytest.mark.parametrize("old", ["[jobs.backup", BACKUP.replace("30 2", "99 2")])
def test_a_file_that_was_broken_is_whole_again(old):
    found = lines(old, BACKUP)
    assert found[0].startswith("Saved. The file is whole again; 1 job touched:")
    assert found[1].endswith("next Sat 2026-11-21 02:30 CET")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("cron", "0 3 * * *", "0 3 * * *"),
        ("command", ["a", "b"], '["a", "b"]'),
        ("command", "set -e\nmake all\n", "set -e make all"),
        ("description", "", '""'),
        ("enabled", False, "false"),
        ("description", "x" * 100, "x" * 45 + "..."),
        ("description", "\x1b[2J", "�[2J"),
        ("env.DB_PASSWORD", "hunter2", "*********"),
        ("env", {"DB_PASSWORD": "x"}, "{ DB_PASSWORD = *** }"),
        ("timeout", None, "-"),
    ],
)
def test_a_value_is_short_and_harmless_and_no_secret(name, value, words):
    assert value_words(name, value) == words


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [("env.API_TOKEN", "x", True), ("cron", "x", False), ("token", None, False)],
)
def test_a_secret_is_known_by_its_name(name, value, secret):
    assert is_secret(name, value) is secret
