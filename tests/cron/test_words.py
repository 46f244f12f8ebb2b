"""Expressions in English words."""

import re
from datetime import UTC

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jobrunner.cron import CronError, parse
from tests.cron.test_changes import field
from tests.cron.test_day import FIELDS

TIMES = st.tuples(field(0, 59), field(0, 23)).map(" ".join)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("30 2 * * *", "At 02:30 every day"),
        ("30 2 * * 1-5", "At 02:30 on weekdays"),
        ("* * * * *", "Every minute"),
        ("*/15 * * * *", "Every 15th minute"),
        ("*/7 * * * *", "At minutes 0 to 56 in steps of 7 of every hour"),
        ("@hourly", "At minute 0 of every hour"),
        ("0 */2 * * *", "At minute 0 of every 2nd hour"),
        ("*/10 8-20 * * 1-5", "Every 10th minute from 08:00 to 20:59 on weekdays"),
        ("5,35 9-17 * * *", "At minutes 5 and 35 of hours 9 to 17"),
        ("0 2,14 * * *", "At 02:00 and 14:00 every day"),
        ("0 0 L * *", "At 00:00 on the last day of the month"),
        ("0 0 LW * *", "At 00:00 on the last weekday of the month"),
        ("0 0 15W * *", "At 00:00 on the weekday nearest the 15th of the month"),
        ("0 9 * * MON#2", "At 09:00 on the second Monday of the month"),
        ("0 9 * * 5L", "At 09:00 on the last Friday of the month"),
        ("0 0 13 * FRI", "At 00:00 on the 13th of the month or on Friday"),
        ("0 0 */9 * 1", "At 00:00 on the 1st to 28th in steps of 9 of the month if also on Monday"),
        ("0 0 1-31 * MON", "At 00:00 every day"),
        ("0 0 * * sat,sun", "At 00:00 on Saturday and Sunday"),
        ("0 0 1 1,6-8 *", "At 00:00 on the 1st of the month in January and June to August"),
        ("* * * * * *", "Every second"),
        ("*/10 * * * * *", "Every 10th second of every minute"),
        ("15 30 2 * * *", "At 02:30:15 every day"),
        ("0 0 0 1 1 * 2026-2030", "At 00:00 on the 1st of the month in January in 2026 to 2030"),
    ],
)  # fmt: skip
def test_an_expression_is_told_in_words(text, words):
    assert parse(text, UTC).describe() == words


@given(TIMES, FIELDS)
@settings(max_examples=200, deadline=None)
def test_every_number_told_is_a_number_of_the_expression(times, days):
    expression, words = told(f"{times} {' '.join(days)}")
    derived = r"\d+ more|in steps of \d+|[Ee]very \d+\w+|from \d+:00 to \d+:59"
    counted = re.sub(derived, "", words)
    fields = (expression.minute, expression.hour, expression.day)
    named = {value for one in fields for value in one.values}
    named |= {form.number for form in expression.day.forms}
    assert {int(number) for number in re.findall(r"\d+", counted)} <= named


@given(TIMES, FIELDS)
@settings(max_examples=200, deadline=None)
def test_or_is_said_where_one_of_two_days_is_enough(times, days):
    expression, words = told(f"{times} {' '.join(days)}")
    restricted = len(expression.day.values) < 31 and len(expression.weekday.values) < 7
    both = expression.day.starred or expression.weekday.starred
    assert (" or on " in words) == (restricted and not both)
    assert ("if also on" in words) == (restricted and both)


def told(text):
    try:
        schedule = parse(text, UTC)
    except CronError:
        assume(False)
    return schedule.expression, schedule.describe()


def test_a_very_long_list_is_cut_short_and_says_so():
    text = "1,2,4,8,16,32,50 1,2,4,8,16,21,23 3,9,14,16,25,28,30 1,4,9,11 1,3"
    words = parse(text, UTC).describe()
    assert " more of hours" in words
    assert len(words) < 200
