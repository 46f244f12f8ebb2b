"""The retries of jobs that say nothing of them."""

import pytest

from jobrunner.engine.draft.default import retry_of, with_retry

JOB = '[jobs.a]\ncommand = "x"\n'


@pytest.mark.parametrize(
    ("text", "attempts", "delay"),
    [
        (JOB, 0, "30s"),
        (f"{JOB}[defaults]\nretries = 3\n", 3, "30s"),
        (f'{JOB}[defaults]\nretry = {{ attempts = 2, delay = "5m" }}\n', 2, "5m"),
        (f'{JOB}[defaults.retry]\nattempts = 1\ndelay = "1h"\n', 1, "1h"),
    ],
)
def test_what_holds_is_told_whichever_way_it_is_written(text, attempts, delay):
    found = retry_of(text)
    assert (found.attempts, found.delay) == (attempts, delay)
    new = with_retry(text, {"attempts": 5, "delay": "10s"})
    assert (retry_of(new).attempts, retry_of(new).delay) == (5, "10s")
    assert JOB in new
