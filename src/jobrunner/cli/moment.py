"""How far away and when, as people say it; with --absolute it is always the whole date and time."""

from datetime import datetime, tzinfo

from jobrunner.cli import timezone
from jobrunner.cli.option import manner
from jobrunner.engine.report import moment as said
from jobrunner.engine.report.moment import age, whole
from jobrunner.words import short

__all__ = ["age", "ago", "coming", "dated", "lasting", "near", "whole"]


def ago(moment: datetime, now: datetime) -> str:
    """How long something is over, in one unit."""
    if manner().absolute:
        return whole(moment, timezone.here().info)
    return f"{age(now - moment)} ago"


def lasting(since: datetime, now: datetime) -> str:
    """How long something goes on: "1m 12s"."""
    if manner().absolute:
        return f"since {whole(since, timezone.here().info)}"
    return short(now - since)


def coming(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """When something is to come, or how long it is overdue."""
    if moment < now:
        return f"due {ago(moment, now)}"
    return whole(moment, zone) if manner().absolute else said.coming(moment, now, zone)


def near(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """An instant as far as it takes to tell it."""
    return whole(moment, zone) if manner().absolute else said.near(moment, now, zone)


def dated(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """An instant with its date."""
    return whole(moment, zone) if manner().absolute else said.dated(moment, now, zone)
