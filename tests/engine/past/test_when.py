"""Points in time as they are typed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.engine.past.when import span
from tests.build import NOON

BERLIN = ZoneInfo("Europe/Berlin")
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "first", "length"),
    [
        ("2026-11-17", "2026-11-16T23:00", timedelta(days=1)),
        ("2026-10-25", "2026-10-24T22:00", timedelta(hours=25)),
        ("2026-11-17 02:30", "2026-11-17T01:30", timedelta(minutes=1)),
        ("2026-11-17T02:30:05", "2026-11-17T01:30:05", timedelta(seconds=1)),
        ("2026-11-17T02:30Z", "2026-11-17T02:30", timedelta(minutes=1)),
        ("2026-10-25 02:30 +01:00", "2026-10-25T01:30", timedelta(minutes=1)),
        ("2026-10-25 02:30", "2026-10-25T00:30", timedelta(minutes=1)),
        ("07:00", "2026-11-20T06:00", timedelta(minutes=1)),
        ("14:00", "2026-11-19T13:00", timedelta(minutes=1)),
        ("2d", "2026-11-18T12:00", TICK),
    ],
)
def test_a_day_a_minute_or_a_second_is_meant_as_a_whole(text, first, length):
    found = span(text, BERLIN, NOON)
    assert found.first == datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert found.last - found.first + TICK == length


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13-01", "2026-02-30 01:00", "25:00", "0001-01-01", "2026-11-17x"]
)
def test_what_is_no_time_is_refused_with_the_forms_there_are(text):
    with pytest.raises(ValueError, match=r"is not a time.*write 2026-11-17"):
        span(text, BERLIN, NOON)


@given(st.text())
def test_any_text_is_a_time_or_refused(text):
    try:
        found = span(text, BERLIN, NOON)
    except ValueError:
        return
    assert found.first <= found.last


@given(st.timedeltas(timedelta(days=-20_000), timedelta(days=300_000)))
def test_a_time_with_its_offset_means_itself(distance):
    local = (NOON + distance).replace(microsecond=0).astimezone(BERLIN)
    assert span(local.isoformat(), BERLIN, NOON).first == local
