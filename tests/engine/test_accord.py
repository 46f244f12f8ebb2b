"""The fingerprint that tells whether two hosts would do the same."""

import pytest

from jobrunner import config
from jobrunner.engine.accord import fingerprint

JOBS = """
[settings]
host = "web-1"
max_parallel = 4

[pools]
db = 2

[cluster]
lease = "300s"

[notify.ops]
url = "ntfys://ntfy.sh/one"

[jobs.backup]
cron = "30 2 * * *"
command = "backup"
env = { PGPASSWORD = "one" }

[jobs.report]
every = "1h"
command = "report"
"""


def told(text, path="/etc/jobrunner/jobs.toml"):
    return fingerprint(config.parse(text, path))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('host = "web-1"', 'host = "db-1"'),
        ("max_parallel = 4", "max_parallel = 9"),
        ("[jobs.report]", "# hourly\n[jobs.report]"),
        ('PGPASSWORD = "one"', 'PGPASSWORD = "two"'),
        ("ntfy.sh/one", "ntfy.sh/two"),
    ],
)
def test_what_is_each_hosts_own_makes_no_difference(old, new):
    assert told(JOBS.replace(old, new)) == told(JOBS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("30 2 * * *", "30 3 * * *"),
        ('command = "backup"', 'command = "dump"'),
        ("db = 2", "db = 3"),
        ("300s", "600s"),
        ("[notify.ops]", "[notify.dev]"),
        ("[jobs.report]", "[jobs.reports]"),
        ('every = "1h"', 'every = "1h"\ntimezone = "Asia/Tokyo"'),
    ],
)
def test_what_hosts_do_makes_one(old, new):
    assert told(JOBS.replace(old, new)) != told(JOBS)


def test_where_the_file_lies_makes_none():
    assert told(JOBS, "/srv/app/jobs.toml") == told(JOBS)


def test_the_order_of_jobs_makes_none():
    head, backup, report = JOBS.partition("[jobs.backup]")[0], *JOBS.split("[jobs.")[1:]
    assert told(f"{head}[jobs.{report}\n[jobs.{backup}") == told(JOBS)
