"""How far away and when, as people say it: "11h ago", "in 12h 27m", "Mon 07:00", "1 Dec"."""

from datetime import datetime, timedelta, tzinfo

from jobrunner.words import short

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
UNITS = (("d", DAY), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)))


def age(length: timedelta) -> str:
    """A length of time in its largest unit: "11h"."""
    for unit, size in UNITS:
        if length >= size:
            return f"{length // size}{unit}"
    return f"{max(0, length // timedelta(seconds=1))}s"


def coming(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """When something is to come: how long until then on the same day, else the day."""
    if moment < now:
        return f"due {age(now - moment)} ago"
    if moment - now < DAY:
        return f"in {short(moment - now)}" if moment - now >= timedelta(seconds=1) else "now"
    return near(moment, now, zone)


def near(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """An instant as far as it takes to tell it: "16:02", "Mon 07:00", "1 Dec", "2030-01-01"."""
    there, here = moment.astimezone(zone), now.astimezone(zone)
    time = f"{there:%H:%M}"
    if there.date() == here.date():
        return time
    if abs(moment - now) < WEEK:
        return f"{there:%a} {time}"
    day = f"{there.day} {there:%b}" if there.year == here.year else f"{there:%Y-%m-%d}"
    return day if time == "00:00" else f"{day} {time}"


def dated(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """An instant with its date: "Wed 18 Nov 02:41", with the year if it is another one."""
    there, here = moment.astimezone(zone), now.astimezone(zone)
    if there.year != here.year:
        return f"{there:%a %Y-%m-%d %H:%M}"
    return f"{there:%a} {there.day} {there:%b %H:%M}"


def whole(moment: datetime, zone: tzinfo) -> str:
    """An instant in full: "Sat 2026-11-21 02:30 CET"."""
    there = moment.astimezone(zone)
    seconds = ":%S" if there.second else ""
    return there.strftime(f"%a %Y-%m-%d %H:%M{seconds} %Z")
