"""When a schedule counts as changed."""

from datetime import UTC, date, time, timedelta, timezone

import pytest

from jobrunner.model.job import Calendar, Job, Timing
from jobrunner.model.value import Dates, Duration, Moment, Moments, Window, Windows, Words, Zone
from jobrunner.schedule.identity import KEYS, fingerprint
from tests.build import NOON, make_job

CHANGES = {
    "enabled": False,
    "cron": Words(["0 0 * * *"]),
    "every": Duration(minutes=5),
    "at": Moments([Moment(NOON)]),
    "schedules": (Timing(every=Duration(minutes=5), timezone=Zone("UTC", UTC)),),
    "every_from": "end",
    "initial_delay": Duration(minutes=5),
    "timezone": Zone("UTC+7", timezone(timedelta(hours=7))),
    "dst": "skip",
    "start": Moment(NOON.date()),
    "end": Moment(NOON),
    "between": Windows([Window(time(8), None)]),
    "skip_dates": (date(2026, 12, 24),),
    "calendar": Calendar(days=Dates(frozenset({date(2026, 12, 24), date(2026, 12, 31)}))),
    "on_holiday": "next",
    "after": ("other",),
}


def test_every_key_of_the_schedule_is_looked_at():
    assert CHANGES.keys() == KEYS <= set(Job.__struct_fields__)


@pytest.mark.parametrize("key", sorted(CHANGES))
def test_a_change_of_the_schedule_is_noticed(key):
    assert fingerprint(make_job(**{key: CHANGES[key]})) != fingerprint(make_job())


def test_a_change_of_anything_else_is_none():
    other = make_job(command="false", timeout=Duration(hours=1), description="x", name="other")
    assert fingerprint(other) == fingerprint(make_job())


def test_it_is_the_same_in_every_process():
    assert fingerprint(make_job(**CHANGES)) == "620d1fff7e05d61eca743e15"
