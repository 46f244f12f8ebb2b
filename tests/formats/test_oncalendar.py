"""OnCalendar and cron: the same moments, by systemd's own word."""

import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobrunner import cron
from jobrunner.cron import CronError
from jobrunner.formats.leaving import CannotSayError
from jobrunner.formats.systemd.calendar import calendars_of
from jobrunner.formats.systemd.oncalendar import cron_of
from tests.build import NOON

HAS_SYSTEMD = shutil.which("systemd-analyze")
asked = pytest.mark.skipif(not HAS_SYSTEMD, reason="NOT TESTED: OnCalendar (no systemd-analyze)")
COUNT = 12
BASE = f"--base-time={NOON:%Y-%m-%d %H:%M:%S} UTC"


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("minutely", "* * * * *"),
        ("hourly", "0 * * * *"),
        ("daily", "0 0 * * *"),
        ("weekly", "0 0 * * 1"),
        ("monthly", "0 0 1 * *"),
        ("quarterly", "0 0 1 */3 *"),
        ("semi-annually", "0 0 1 1,7 *"),
        ("yearly", "0 0 1 1 *"),
        ("*:0/15", "*/15 * * * *"),
        ("02:30", "30 2 * * *"),
        ("Mon..Fri 08:30", "30 8 * * 1-5"),
        ("Sat,Sun *-*-* 10:00:00", "0 10 * * 0,6"),
        ("*-*-1,15 00:00", "0 0 1,15 * *"),
        ("*-*~01 00:00", "0 0 L * *"),
        ("Fri *-*~07/1 18:00", "0 18 * * 5L"),
        ("Mon *-*-01..07 09:00", "0 9 */31,2-7 * 1"),
        ("Tue *-*-08..14 09:00", "0 9 * * 2#2"),
        ("Sun *-*-15..20", "0 0 15-20 * */7"),
        ("*:*:0/20", "*/20 * * * * *"),
        ("2027-03-01 12:00", "0 0 12 1 3 * 2027"),
        ("12-24", "0 0 24 12 *"),
        ("5..20/5:00", "0 5-23/5 * * *"),
    ],
)
def test_a_form_has_its_expression(text, expression):
    assert cron_of(text).cron == expression


def test_a_zone_is_taken_along():
    assert cron_of("Mon 09:00 America/New_York") == ("0 9 * * 1", "America/New_York")
    assert cron_of("daily UTC").zone == "UTC"


@pytest.mark.parametrize(
    "text",
    ["*-*~03", "Mon *-*-2..9", "*:*:*.5", "@0", "", "Foo 1:00", "25:00", "Sun..Thu", "1-2-3-4"],
)
def test_what_cron_has_no_word_for_is_refused(text):
    with pytest.raises(CannotSayError):
        cron_of(text)


def by_systemd(texts):
    """The next moments of all of them, as systemd tells them; empty where it reads none."""
    moments = set()
    for text in texts:
        done = subprocess.run(
            ["systemd-analyze", "calendar", text, f"--iterations={COUNT}", BASE],
            capture_output=True,
            text=True,
            check=False,
            env={"TZ": "UTC", "LANG": "C", "PATH": "/usr/bin:/bin"},
        )
        if done.returncode:
            return None
        lines = (line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
        moments |= {told for name, told in lines if name.strip() in {"Next elapse", *NUMBERED}}
    moments.discard("never")
    read = (datetime.strptime(told, "%a %Y-%m-%d %H:%M:%S UTC") for told in moments)  # noqa: DTZ007
    return sorted(moment.replace(tzinfo=UTC) for moment in read)[:COUNT]


NUMBERED = {f"Iter. #{n}" for n in range(1, 100)}
DAYS = st.sampled_from(["", "Mon..Fri ", "Sun ", "Sat,Sun ", "Wed ", "Mon,Thu..Sat "])
DATES = st.sampled_from(
    [
        "",
        "*-*-* ",
        "*-*-1 ",
        "*-*-1,15 ",
        "*-*-1..7 ",
        "*-*-8..14 ",
        "*-*-1/5 ",
        "*-2,6..8-* ",
        "*-*~01 ",
        "*-*~07/1 ",
        "2027-*-* ",
        "2026..2028-2-29 ",
        "3/4-31 ",
    ]
)
TIMES = st.sampled_from(
    [
        "00:00",
        "2:30",
        "*:0/15",
        "*:5/20",
        "8..18/2:00",
        "*:*",
        "0/6:30",
        "23:59:59",
        "*:*:0/20",
        "1,3:1,2",
    ]
)


@asked
@settings(max_examples=40)
@given(DAYS, DATES, TIMES)
def test_it_is_due_when_systemd_says(days, date, time):
    text = f"{days}{date}{time}"
    try:
        schedule = cron.parse(cron_of(text).cron, UTC)
    except (CannotSayError, CronError):
        return
    expected = by_systemd([text])
    end = expected[-1] if expected else NOON.replace(year=2030)
    assert [*schedule.between(NOON, end)] == expected


FIELDS = st.tuples(
    st.sampled_from(["0", "*/15", "5,10", "59", "10-50/20", "H"]),
    st.sampled_from(["*", "2", "8-17", "*/6"]),
    st.sampled_from(["*", "1", "L", "1-7", "*/10", "31", "L,15"]),
    st.sampled_from(["*", "2", "jan-jun", "*/3"]),
    st.sampled_from(["*", "0", "7", "1-5", "*/2", "5L", "MON#2", "fri#5", "1,5L"]),
)


@asked
@settings(max_examples=40)
@given(FIELDS)
def test_what_is_written_is_due_when_cron_says(fields):
    try:
        schedule = cron.parse(" ".join(fields), UTC, name="backup")
        texts = calendars_of(schedule.expression, "UTC")
    except (CannotSayError, CronError):
        return
    expected = by_systemd(texts)
    assert [*schedule.between(NOON, expected[-1])] == expected
