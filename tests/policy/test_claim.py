"""How long claims count, and what hosts write of slots that others had."""

from datetime import timedelta

import pytest

from jobrunner.model.run import State
from jobrunner.policy.claim import FORGOTTEN, UNREACHABLE, is_elsewhere, kept, passed, taken
from tests.build import make_job, make_run

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "length"),
    [
        ({}, HOUR),
        ({"grace": 3 * HOUR}, 6 * HOUR),
        ({"grace": HOUR, "jitter": HOUR}, 4 * HOUR),
        ({"catch_up": "latest"}, 7 * DAY),
        ({"catch_up": "all", "grace": 5 * DAY}, 10 * DAY),
    ],
)
def test_a_claim_counts_for_longer_than_its_slot_may_still_start(changes, length):
    job = make_job(**changes)
    assert kept(job) == length
    assert kept(job) > job.grace + job.jitter


@pytest.mark.parametrize(
    ("state", "reason", "elsewhere"),
    [
        (State.SKIPPED, taken("web-2"), True),
        (State.SKIPPED, "paused by ann", False),
        (State.SKIPPED, FORGOTTEN, False),
        (State.SKIPPED, UNREACHABLE, False),
        (State.MISSED, passed("20m late or more", "web-2"), True),
        (State.MISSED, "20m late or more", False),
        (State.FAILED, taken("web-2"), False),
    ],
)
def test_what_others_saw_to_is_told_from_what_nobody_did(state, reason, elsewhere):
    assert is_elsewhere(make_run(state=state, reason=reason)) == elsewhere
