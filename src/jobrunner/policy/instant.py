"""How a reason tells an instant to people: as clocks in the job's zone show it."""

from datetime import datetime

from jobrunner.model.value import Zone


def at_a_glance(at: datetime, zone: Zone, now: datetime) -> str:
    """The time of day; with the date if that is another one now: "13:52"."""
    shown = at.astimezone(zone.info)
    is_today = shown.date() == now.astimezone(zone.info).date()
    return f"{shown:%H:%M}" if is_today else f"{shown:%a %Y-%m-%d %H:%M}"


def in_full(at: datetime, zone: Zone) -> str:
    """Day, time and zone: "Thu 2026-11-19 02:30 CET"."""
    return f"{at.astimezone(zone.info):%a %Y-%m-%d %H:%M %Z}"
