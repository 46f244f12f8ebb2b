"""A time to come, as it is typed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from jobrunner.engine.actions.when import to_come
from tests.build import NOON

BERLIN = ZoneInfo("Europe/Berlin")  # 13:00 there


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("13:30", datetime(2026, 11, 20, 12, 30, tzinfo=UTC)),
        ("13:00", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("08:00", datetime(2026, 11, 21, 7, tzinfo=UTC)),
        ("2026-11-21", datetime(2026, 11, 20, 23, tzinfo=UTC)),
        ("2026-11-21 08:00", datetime(2026, 11, 21, 7, tzinfo=UTC)),
        ("2026-11-21T08:00Z", datetime(2026, 11, 21, 8, tzinfo=UTC)),
    ],
)
def test_a_time_is_of_the_zone_and_the_next_one(text, meant):
    assert to_come(text, BERLIN, NOON) == meant


@pytest.mark.parametrize("text", ["2026-11-20", "2020-01-01 10:00", "2h"])
def test_what_has_been_is_refused(text):
    with pytest.raises(ValueError, match="has been already"):
        to_come(text, BERLIN, NOON)


@pytest.mark.parametrize("text", ["soon", "25:00", "2026-13-01", ""])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="is not a time"):
        to_come(text, BERLIN, NOON)
