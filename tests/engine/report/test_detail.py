"""One job in full."""

from datetime import timedelta

import msgspec
import pytest

from jobrunner.config import parse
from jobrunner.engine.report import words
from jobrunner.engine.report.detail import detail
from jobrunner.engine.report.facts import Facts, facts
from jobrunner.engine.report.origin import Origin, origin
from jobrunner.model.job import BreakerRule, Http, Limits, Param, Retry
from jobrunner.model.run import State
from jobrunner.model.value import Duration, Regex, Secret, Size, Words
from tests.build import NOON, UTC_ZONE, make_job
from tests.engine.report.ledger import DAY, MINUTE, ran, seen

NOWHERE = Origin(file="jobs.toml")
TEXT = """\
[defaults]
timeout = "1h"
[defaults.env]
LANG = "C"

[jobs.backup]
cron = "30 2 * * *"
command = "pg_dump app"
retries = 3
[jobs.backup.env]
API_TOKEN = "hunter2"
"""


class Files:
    """A disk with one file."""

    def __init__(self, text):
        self.text = text

    def read(self, _path):
        return self.text.encode()

    def matches(self, pattern):
        return [pattern]


def shown(job, where=NOWHERE):
    return detail(job, Facts(), [], where, NOON)


def settings(text=TEXT):
    job = parse(text, "jobs.toml", local=UTC_ZONE).jobs["backup"]
    found = shown(job, origin(job, Files(text)))
    return {one.key: one for one in found.settings}


def test_every_key_that_is_set_says_where():
    found = {key: (one.source, one.from_defaults) for key, one in settings().items()}
    assert found == {
        "command": ("jobs.toml:8", False),
        "env.LANG": ("jobs.toml:4", True),
        "env.API_TOKEN": ("jobs.toml:11", False),
        "cron": ("jobs.toml:7", False),
        "timeout": ("jobs.toml:2", True),
        "retry.attempts": ("jobs.toml:9", False),
    }


def test_values_are_spelt_as_in_the_file():
    found = settings()
    assert (found["timeout"].value, found["retry.attempts"].value) == ("1h", 3)


def test_a_pattern_is_a_text_like_any_other():
    job = make_job(params={"who": Param(pattern=Regex("[a-z]+"))}, redact=(Regex("x+"),))
    told = {one.key: msgspec.json.encode(one.value) for one in shown(job).settings}
    assert told["redact"] == b'["x+"]'
    assert told["params.who"] == b'{"pattern":"[a-z]+"}'


def test_the_job_itself_has_a_line():
    job = parse(TEXT, "jobs.toml", local=UTC_ZONE).jobs["backup"]
    assert shown(job, origin(job, Files(TEXT))).source == "jobs.toml:6"


@pytest.mark.parametrize("text", ["* * * * * pg_dump app\n", "[jobs.other]\n"])
def test_a_job_of_no_toml_names_its_file_alone(text):
    assert str(origin(make_job(origin="/etc/crontab"), Files(text))) == "/etc/crontab"


SECRETS = make_job(
    command=None,
    env={"API_TOKEN": "hunter2", "DATABASE_URL": "postgres://app:hunter2@db/app"},
    http=Http(
        url="https://me:hunter2@example.com/",
        headers={"Authorization": "Bearer hunter2"},
        body="hunter2",
    ),
    params={"password": Param(default="hunter2")},
    stdin="hunter2",
    ping=Secret("https://hc.example.com/hunter2"),
)


def test_no_secret_is_shown():
    found = shown(SECRETS)
    assert "hunter2" not in repr(found)
    assert {one.key: one.value for one in found.settings}["env.API_TOKEN"] == "***"


def test_the_next_four_slots_are_told(store):
    job = make_job(cron=Words(["0 7 * * *"]))
    assert [slot - NOON for slot in shown(job).upcoming] == [
        timedelta(hours=19) + number * DAY for number in range(4)
    ]


def test_an_interval_counts_from_when_a_tick_first_saw_it(store):
    job = make_job(every=Duration(minutes=7))
    seen(store, job, NOON - 3 * MINUTE)
    found = detail(job, facts(store, ["backup"], 10), [], NOWHERE, NOON)
    assert [(slot - NOON) / MINUTE for slot in found.upcoming] == [4, 11, 18, 25]


@pytest.mark.parametrize("keys", [{}, {"enabled": False, "cron": Words(["0 7 * * *"])}])
def test_what_is_not_planned_has_no_slots(keys):
    assert shown(make_job(**keys)).upcoming == ()


def test_usual_times_are_those_of_successes(store):
    for _ in range(3):
        ran(store, "backup", State.SUCCESS, took=10 * MINUTE)
    ran(store, "backup", State.FAILED, took=MINUTE, exit_code=1)
    known = facts(store, ["backup"], 10)
    found = detail(make_job(), known, store.statistics(NOON - DAY, "backup"), NOWHERE, NOON)
    assert (found.successes, round(found.p50_seconds, -1)) == (3, 600)
    assert [run.exit_code for run in found.last_runs] == [1, None, None, None]


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (Retry(), "none"),
        (Retry(attempts=1, delay=Duration(minutes=1)), "1 more attempt: after 1m"),
        (Retry(attempts=3, delay=Duration(minutes=1)), "3 more attempts: after 1m, 2m, 4m"),
        (
            Retry(attempts=2, backoff="linear", on=("timeout",), exit_codes=(75,)),
            "2 more attempts: after 30s, 1m; on timeout only; exit code 75 only",
        ),
        (
            Retry(attempts=9, delay=Duration(minutes=30)),
            "9 more attempts: after 30m, 1h, 1h, 1h, 1h and so on, at most 1h",
        ),
        (
            Retry(attempts=1, deadline=Duration(hours=5)),
            "1 more attempt: after 30s; none later than 5h after the first",
        ),
    ],
)
def test_retries_are_told_in_words(rule, told):
    assert words.retries(rule) == told


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({}, "no timeout"),
        (
            {"timeout": Duration(hours=2), "limits": Limits(nice=10, memory=Size(2 * 1024**3))},
            "timeout 2h per attempt, then SIGTERM, SIGKILL after 10s; nice 10; memory 2 GiB",
        ),
        (
            {"limits": Limits(cpu_time=Duration(minutes=1), open_files=1, processes=1000)},
            "no timeout; CPU time 1m; 1 open file; 1,000 processes",
        ),
    ],
)
def test_limits_are_told_in_words(keys, told):
    assert words.limits(make_job(**keys)) == told


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({}, "skip; after downtime: nothing that is over 15m late"),
        (
            {"lock": "db", "catch_up": "latest"},
            'skip; lock "db"; after downtime: run the latest missed slot once',
        ),
        (
            {"overlap": "allow", "max_instances": 3, "pool": "p", "catch_up": "all"},
            'allow up to 3; pool "p"; after downtime: run every missed slot, at most 100',
        ),
    ],
)
def test_overlap_is_told_in_words(keys, told):
    assert words.overlap(make_job(**keys)) == told


def test_a_breaker_is_told_in_words():
    assert words.breaker(BreakerRule(after=3)) == (
        "opens after 3 failures in a row, then one try after 1m"
    )


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0 B"),
        (1023, "1,023 B"),
        (1024, "1 KiB"),
        (1229, "1.2 KiB"),
        (184 * 1024**2, "184 MiB"),
        (5000 * 1024**4, "5,000 TiB"),
    ],
)
def test_sizes_are_told_as_people_read_them(size, told):
    assert words.readable(size) == told
