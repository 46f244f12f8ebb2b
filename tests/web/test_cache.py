"""What is found out once a minute."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event

import pytest

from jobrunner.web.cache import MOST, Cache

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("after", "found"), [(59, 0), (60, 1), (-1, 1)])
def test_a_value_is_kept_for_a_minute_and_not_when_the_clock_goes_back(after, found):
    cache, find, config = Cache(), count().__next__, object()
    cache.get("load", config, NOON, find)
    assert cache.get("load", config, NOON + after * SECOND, find) == found


def test_another_configuration_or_question_is_found_out_anew():
    cache, find, config = Cache(), count().__next__, object()
    cache.get("load", config, NOON, find)
    assert cache.get("load", object(), NOON, find) == 1
    assert cache.get("stats", config, NOON, find) == 2


def test_only_a_few_values_are_kept():
    cache, find, config = Cache(), count().__next__, object()
    for number in range(MOST + 1):
        cache.get(number, config, NOON, find)
    assert cache.get(0, config, NOON, find) == MOST + 1


def test_who_asks_while_it_is_found_out_waits_for_that():
    cache, config, looks, begun, go = Cache(), object(), count(), Event(), Event()

    def find():
        begun.set()
        assert go.wait(10)
        return next(looks)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(cache.get, "load", config, NOON, find)
        assert begun.wait(10)
        second = pool.submit(cache.get, "load", config, NOON, find)
        go.set()
        assert (first.result(), second.result()) == (0, 0)


def test_what_could_not_be_found_is_looked_for_again():
    cache, config = Cache(), object()
    with pytest.raises(ZeroDivisionError):
        cache.get("load", config, NOON, lambda: 1 // 0)
    assert cache.get("load", config, NOON, lambda: 1) == 1
