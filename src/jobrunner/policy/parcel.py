"""Which letters of a channel go out together, and when: what is repeated too fast waits."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta, tzinfo

from msgspec import Struct

from jobrunner.model.letter import Letter
from jobrunner.model.value import Window, Windows
from jobrunner.schedule.wall import instant

DAY = timedelta(days=1)
SOON = timedelta(minutes=1)
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=4)
MOST_AT_ONCE = 10  # messages to one channel
MOST_TRIES = 11  # of which the last is 23 hours after the first

Sent = Mapping[tuple[str, str], datetime]  # by event and job


class Habit(Struct, frozen=True, kw_only=True):
    """How often a channel may be written to, and at what times of day not."""

    min_interval: timedelta = timedelta()
    digest: timedelta | None = None
    quiet: Windows = Windows()
    zone: tzinfo


class Sorted(Struct, frozen=True):
    """Which letters make a parcel each, and when the rest is to be looked at again."""

    parcels: tuple[tuple[int, ...], ...] = ()
    until: datetime | None = None


def sort(letters: Sequence[Letter], sent: Sent, habit: Habit, now: datetime) -> Sorted:
    """What becomes of a channel's waiting letters, which are told oldest first.

    1. In quiet hours, and until a digest is full, all of them wait; then all are one parcel.
    2. A letter of an event and job that was sent within `min_interval` waits, and with it every
       later one of that job: what is told of a job is told in its order.
    3. Letters of one event and job that wait together go out together, in the place of the last.
    4. More messages than people read one by one leave as one.
    """
    quiet = quiet_until(habit, now)
    if quiet is not None:
        return Sorted(until=quiet)
    collects = habit.digest or timedelta()
    due = letters[0].created_at + collects
    if now < due:
        return Sorted(until=min(due, now + collects))
    if habit.digest or quiet_until(habit, letters[0].created_at) is not None:
        return Sorted((tuple(letter.id for letter in letters),))
    return _one_by_one(letters, sent, habit.min_interval, now)


def _one_by_one(
    letters: Sequence[Letter], sent: Sent, interval: timedelta, now: datetime
) -> Sorted:
    alike: dict[tuple[str, str], list[int]] = {}
    for letter in letters:
        alike.setdefault(_key(letter), []).append(letter.id)
    held: dict[str, datetime] = {}
    parcels = []
    for letter in letters:
        numbers = alike[_key(letter)]
        if letter.id != numbers[-1]:
            continue
        at = held.get(letter.job, now)
        if _key(letter) in sent:
            # A clock that was ahead has sent nothing after now.
            at = max(at, min(sent[_key(letter)], now) + interval)
        if at <= now:
            parcels.append(tuple(numbers))
        else:
            held[letter.job] = at
    return Sorted(_few(parcels), min(held.values(), default=None))


def _few(parcels: Sequence[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    if len(parcels) <= MOST_AT_ONCE:
        return tuple(parcels)
    return (tuple(sorted(number for parcel in parcels for number in parcel)),)


def again_at(tries: int, now: datetime) -> datetime | None:
    """When to try again what could not be delivered so many times; None to give it up.

    After 30 seconds, 2 minutes, 8, 32, 2 hours, then every 4, for a day.
    """
    if tries >= MOST_TRIES:
        return None
    return now + min(FIRST_DELAY * (1 << 2 * (tries - 1)), LONGEST_DELAY)


def quiet_until(habit: Habit, now: datetime) -> datetime | None:
    """When the quiet hours end that it is in now; None if it is in none."""
    here = now.astimezone(habit.zone)
    ends = [_end(window, here) for window in habit.quiet if _is_in(window, here.time())]
    return max([now + SOON, *ends]) if ends else None


def _is_in(window: Window, at: time) -> bool:
    """An hour that it closes at is over: messages come then."""
    opens, closes = window.opens, window.closes
    if closes is None:
        return at >= opens
    if opens < closes:
        return opens <= at < closes
    return at >= opens or at < closes


def _end(window: Window, here: datetime) -> datetime:
    """When a window that it is in closes; where clocks were set back meanwhile, that is past."""
    assert here.tzinfo is not None
    closes = window.closes or time()
    day = here.date() + DAY if here.time() >= closes else here.date()
    return instant(datetime.combine(day, closes), here.tzinfo)


def _key(letter: Letter) -> tuple[str, str]:
    return letter.event, letter.job
