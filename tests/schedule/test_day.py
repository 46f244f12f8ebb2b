"""Days that are off: countries, calendar files, plain lists."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.errors import UnusableError
from jobrunner.schedule.day import of_country, of_ics, of_list

ICS = """BEGIN:VCALENDAR\r
BEGIN:VEVENT\r
SUMMARY:Company
  outing\r
DTSTART;VALUE=DATE:20260706\r
DTEND;VALUE=DATE:20260709\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;VALUE=DATE:20200101\r
RRULE:FREQ=YEARLY\r
END:VEVENT\r
BEGIN:VEVENT\r
DTSTART;TZID=Europe/Berlin:20260801T090000\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_a_region_has_the_holidays_of_its_country_and_its_own():
    bavaria = of_country("DE", "BY")
    assert date(2026, 10, 3) in bavaria
    assert date(2026, 1, 6) in bavaria
    assert date(2026, 1, 6) not in of_country("DE", "")


@pytest.mark.parametrize(("country", "region"), [("XX", ""), ("DE", "XX")])
def test_an_unknown_country_or_region_is_named(country, region):
    with pytest.raises(UnusableError, match='"XX" is not a'):
        of_country(country, region)


def test_a_list_has_dates_and_yearly_days():
    days = of_list("# closed\n2026-12-24\n01-06  # Epiphany\n\n")
    assert date(2026, 12, 24) in days
    assert date(2031, 1, 6) in days
    assert date(2027, 12, 24) not in days


@pytest.mark.parametrize("line", ["24.12.2026", "2026-02-30", "13-01", "2026-12-24 x"])
def test_a_line_that_is_no_date_is_named(line):
    with pytest.raises(UnusableError, match="line 2"):
        of_list(f"2026-12-24\n{line}")


def test_an_event_covers_its_days_but_not_the_day_of_its_end():
    days = of_ics(ICS)
    found = [day for day in range(1, 13) if date(2026, 7, day) in days]
    assert found == [6, 7, 8]


def test_a_yearly_event_comes_every_year():
    assert date(2035, 1, 1) in of_ics(ICS)


def test_an_event_with_a_time_of_day_is_no_holiday():
    assert date(2026, 8, 1) not in of_ics(ICS)


def test_a_rule_that_is_not_understood_is_refused_not_ignored():
    with pytest.raises(UnusableError, match="BYDAY"):
        of_ics(ICS.replace("FREQ=YEARLY", "FREQ=YEARLY;BYDAY=1MO"))


@given(st.text(st.sampled_from("BEGINVT:\nDSRU;=2026-1x")))
def test_whatever_the_file_holds_it_is_days_or_a_refusal(text):
    for read in (of_ics, of_list):
        with suppress(UnusableError):
            assert date(1999, 1, 1) not in read(text)
