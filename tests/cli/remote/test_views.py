"""What is shown of another host is to the letter what is shown there."""

import pytest

VIEWS = (
    "list",
    "list -v --sort status",
    "list --status failing --tag db",
    "list --absolute --utc",
    "list --json",
    "list --fields name,recent,schedule_text",
    "list --tag dp",
    "show backup",
    "show report-daily -v",
    "show report-daily --utc",
    "show backup --json",
    "show bakup",
    "next",
    "next --within 7d --all report-daily",
    "next --json",
    "next nobody",
    "why backup",
    "why backup --at 2026-11-19",
    "why report-daily --utc",
    "why backup --at never",
    "why report-daily --at 12:00 --utc",
    "why backup --json",
    "why nobody",
    "history",
    "history backup -n 3",
    "history backup --status missed,failed",
    "history --tag db --tag reports",
    "history --since 2d --until 2026-11-20 --trigger schedule",
    "history --absolute --utc",
    "history --json -n 3",
    "history --ndjson --all --no-pager",
    "history --fields id,job,scheduled_for,max_attempts,data",
    "history --host web-1 -n 3",
    "history bakup",
    "history --tag dp",
    "hosts",
    "hosts --json",
    "logs backup",
    "logs backup --tail 1",
    "logs backup --times",
    "logs backup --no-times --attempt 1",
    "logs backup@failed",
    "logs backup~1",
    "logs backup~99",
    "logs backup --attempt 7",
    "logs 99999",
    "logs backup@missed",
    "logs nobody",
    "stats --since 10d",
    "stats backup report-daily --since 7d",
    "stats --json --since 2026-11-11",
    "stats nobody",
)


@pytest.mark.parametrize("terminal", ["1", ""])
@pytest.mark.parametrize("words", VIEWS)
def test_a_view_is_the_same_from_near_and_from_far(pair, words, terminal):
    near, far = pair.both(*words.split(), FORCE_TTY=terminal)
    assert far == near


def test_the_status_is_the_same_but_for_who_may_ring_its_supervisor(pair):
    near, far = pair.both("status")
    assert far == near
