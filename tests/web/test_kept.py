"""What is found out once a minute."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from jobrunner.web.kept import MOST, Kept

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("after", "found"), [(59, 0), (60, 1), (-1, 1)])
def test_a_value_is_kept_for_a_minute_and_not_when_the_clock_goes_back(after, found):
    kept, find, config = Kept(), count().__next__, object()
    kept.get("load", config, NOON, find)
    assert kept.get("load", config, NOON + after * SECOND, find) == found


def test_another_configuration_or_question_is_found_out_anew():
    kept, find, config = Kept(), count().__next__, object()
    kept.get("load", config, NOON, find)
    assert kept.get("load", object(), NOON, find) == 1
    assert kept.get("stats", config, NOON, find) == 2


def test_only_a_few_values_are_kept():
    kept, find, config = Kept(), count().__next__, object()
    for number in range(MOST + 1):
        kept.get(number, config, NOON, find)
    assert kept.get(0, config, NOON, find) == MOST + 1
