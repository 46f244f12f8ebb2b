"""A new job as the table that jobs.toml gets."""

from datetime import UTC, date, datetime

import pytest

from jobrunner import config
from jobrunner.config.edit import add
from jobrunner.engine.draft.add import NewJob, table

FULL = NewJob(
    command=("curl", "-fsS", "https://example.com/up"),
    description="Is it up?",
    tags=("web", "often"),
    cron=("*/15 * * * *",),
    start=date(2026, 12, 1),
    end=date(2026, 12, 31),
    timezone="Europe/Berlin",
    cwd="/srv",
    env={"A": "1"},
    timeout="20s",
    retries=3,
    retry_delay="10s",
    overlap="queue",
    lock="net",
    catch_up="latest",
    enabled=False,
)
BLOCK = """\
[jobs.ping]
description = "Is it up?"
tags = ["web", "often"]
enabled = false
cron = "*/15 * * * *"
start = 2026-12-01
end = 2026-12-31
timezone = "Europe/Berlin"
command = ["curl", "-fsS", "https://example.com/up"]
cwd = "/srv"
timeout = "20s"
overlap = "queue"
lock = "net"
catch_up = "latest"

[jobs.ping.env]
A = "1"

[jobs.ping.retry]
attempts = 3
delay = "10s"
"""


def test_keys_stand_in_the_order_in_which_they_are_read():
    assert add("", "ping", table(FULL)) == BLOCK


def test_what_is_written_means_what_was_asked_for():
    job = config.parse(add("", "ping", table(FULL)), "/srv/jobs.toml").jobs["ping"]
    assert (job.retry.attempts, job.overlap, job.enabled) == (3, "queue", False)
    assert (job.env, job.tags) == ({"A": "1"}, ("web", "often"))


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        ({}, {}),
        ({"retries": 0}, {"retries": 0}),
        ({"retry_delay": "5s"}, {"retry": {"delay": "5s"}}),
        ({"cron": ("@daily", "@hourly")}, {"cron": ("@daily", "@hourly")}),
        ({"every": "1h"}, {"every": "1h"}),
        ({"at": (datetime(2027, 1, 1, tzinfo=UTC),)}, {"at": datetime(2027, 1, 1, tzinfo=UTC)}),
    ],
)
def test_what_is_not_asked_for_is_left_to_its_default(options, keys):
    assert table(NewJob(command="true", **options)) == {"command": "true"} | keys
