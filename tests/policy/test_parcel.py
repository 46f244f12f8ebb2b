"""Which letters go out together, and when."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobrunner.config import parse
from jobrunner.model.letter import Letter
from jobrunner.policy.parcel import Habit, Sorted, again_at, quiet_until, sort
from tests.build import NOON, UTC_ZONE

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def letters(*told, at=NOON):
    """Letters from words such as "failure:backup", a second apart."""
    return [
        Letter(
            id=number,
            channel="ops",
            event=each.partition(":")[0],
            job=each.partition(":")[2],
            text="{}",
            created_at=at + timedelta(seconds=number),
        )
        for number, each in enumerate(told, 1)
    ]


def habit(**changes):
    return Habit(**({"zone": UTC_ZONE.info} | changes))


def windows(text):
    channel = f'[notify.ops]\ncommand = ["true"]\nquiet = {text!r}\n'
    return parse(channel, "jobs.toml").channels["ops"].quiet


LATER = NOON + 10 * MINUTE


IN_FOUR = LATER + 4 * MINUTE
IN_FIVE = LATER + 5 * MINUTE


@pytest.mark.parametrize(
    ("told", "sent", "expected"),
    [
        (["failure:a"], {}, Sorted(((1,),))),
        (["failure:a", "failure:b"], {}, Sorted(((1,), (2,)))),
        (["failure:a", "failure:a"], {}, Sorted(((1, 2),))),
        (["failure:a", "recovered:a", "failure:a"], {}, Sorted(((2,), (1, 3)))),
        (["failure:a"], {("failure", "a"): LATER - MINUTE}, Sorted(until=IN_FOUR)),
        (["failure:a"], {("failure", "a"): LATER - 5 * MINUTE}, Sorted(((1,),))),
        (["failure:a"], {("failure", "b"): LATER}, Sorted(((1,),))),
        (["failure:a"], {("failure", "a"): LATER + HOUR}, Sorted(until=IN_FIVE)),
        (["failure:a", "failure:b"], {("failure", "a"): LATER}, Sorted(((2,),), IN_FIVE)),
        (["failure:a", "recovered:a"], {("failure", "a"): LATER}, Sorted(until=IN_FIVE)),
        ([f"failure:{job}" for job in "abcdefghij"], {}, Sorted(tuple((n,) for n in range(1, 11)))),
        ([f"failure:{job}" for job in "abcdefghijk"], {}, Sorted((tuple(range(1, 12)),))),
    ],
)
def test_a_letter_goes_out_unless_its_like_just_did(told, sent, expected):
    assert sort(letters(*told), sent, habit(min_interval=5 * MINUTE), LATER) == expected


def test_a_digest_is_full_so_long_after_its_first_letter():
    waiting, rule = letters("failure:a", "failure:b"), habit(digest=HOUR)
    due = waiting[0].created_at + HOUR
    assert sort(waiting, {}, rule, NOON + MINUTE) == Sorted(until=due)
    assert sort(waiting, {}, rule, due) == Sorted(((1, 2),))


def test_what_was_held_over_night_comes_as_one_in_the_morning():
    rule = habit(quiet=windows("11:00-13:00"))
    waiting = letters("failure:a", "failure:b")
    assert sort(waiting, {}, rule, NOON + MINUTE) == Sorted(until=NOON + HOUR)
    assert sort(waiting, {}, rule, NOON + HOUR) == Sorted(((1, 2),))


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        ("22:00-07:00", NOON, None),
        ("22:00-07:00", NOON + 10 * HOUR, NOON + 19 * HOUR),
        ("22:00-07:00", NOON + 18 * HOUR, NOON + 19 * HOUR),
        ("22:00-07:00", NOON + 19 * HOUR, None),
        ("22:00-24:00", NOON + 11 * HOUR, NOON + 12 * HOUR),
        ("12:00-13:00", NOON, NOON + HOUR),
    ],
)
def test_quiet_hours_end_when_their_window_does(quiet, now, until):
    assert quiet_until(habit(quiet=windows(quiet)), now) == until


def test_quiet_hours_end_though_clocks_are_set_back_over_their_end():
    berlin = Habit(quiet=windows("01:00-02:30"), zone=ZoneInfo("Europe/Berlin"))
    second_pass = NOON.replace(month=10, day=25, hour=1, minute=10)
    assert quiet_until(berlin, second_pass) == second_pass + MINUTE


def test_a_delivery_is_tried_for_a_day_and_then_given_up():
    now, tries = NOON, 0
    while now is not None:
        last, tries = now, tries + 1
        now = again_at(tries, now)
    assert tries == 11
    assert 22 * HOUR < last - NOON < 24 * HOUR


NAMES = st.sampled_from(["failure:a", "recovered:a", "failure:b", "success:b"])


@given(st.lists(NAMES, min_size=1, max_size=12))
def test_every_letter_goes_out_once_and_the_last_of_a_job_goes_last(told):
    waiting, sent, now, out = letters(*told), {}, LATER, []
    rule = habit(min_interval=5 * MINUTE)
    while waiting:
        found = sort(waiting, sent, rule, now)
        for numbers in found.parcels:
            last = next(each for each in waiting if each.id == numbers[-1])
            key = (last.event, last.job)
            assert key not in sent or now - sent[key] >= 5 * MINUTE
            sent[key] = now
            out.append(last)
            waiting = [each for each in waiting if each.id not in numbers]
        assert found.until is None or found.until > now
        now = found.until or now
    for job in {letter.job for letter in out}:
        of_job = [letter.id for letter in out if letter.job == job]
        assert of_job == sorted(of_job)
