"""jobs.toml as a whole: what it becomes, and how everything wrong with it is told at once."""

from datetime import timedelta

import pytest

from jobrunner.config import parse
from jobrunner.config.problem import ConfigError

BAD = """\
[notify.ops]
url = "ntfy://ntfy.sh/x"


# the line numbers are those of the mock-up
[jobs.backup]
cron = "0 25 * * *"
comand = "pg_dump app"


[jobs.other]
command = "true"


[jobs.report]
command = "true"
timeout = "5 minutes"


[jobs.verify]
command = "true"
after = ["other"]
notify = ["opps"]
"""

TOLD = """\
error[E110]: hour 25 is not in 0-23
 --> bad.toml:7:11
  |
7 | cron = "0 25 * * *"
  |           ^^ minute 0, hour 25; fields: minute hour day month weekday

error[E101]: unknown key "comand" in [jobs.backup]
 --> bad.toml:8:1
  |
8 | comand = "pg_dump app"
  | ^^^^^^ did you mean "command"?

error[E105]: "5 minutes" is not a duration
  --> bad.toml:17:11
   |
17 | timeout = "5 minutes"
   |           ^^^^^^^^^^^ write "5m" (units ms s m h d w, e.g. "1h30m")

error[E120]: [jobs.verify] names channel "opps" in notify, which no [notify.*] table defines
  --> bad.toml:23:11
   |
23 | notify = ["opps"]
   |           ^^^^^^ did you mean "ops"?"""


def test_everything_wrong_is_told_at_once_with_its_place() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(BAD, "bad.toml")
    assert str(caught.value) == TOLD
    assert caught.value.checked == 4


def test_a_job_is_its_table_and_what_is_built_in() -> None:
    config = parse('[jobs.hello]\ncommand = "echo hello"\ntimeout = "1h30m"', "/etc/j/jobs.toml")
    job = config.jobs["hello"]
    assert (job.command, job.timeout) == ("echo hello", timedelta(minutes=90))
    assert (job.cwd, job.origin, job.overlap) == ("/etc/j", "/etc/j/jobs.toml", "skip")
