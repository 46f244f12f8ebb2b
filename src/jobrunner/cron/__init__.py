"""Cron expressions, as in crontab(5) of Debian: `parse` makes a schedule of one."""

from datetime import tzinfo
from typing import get_args

from jobrunner.cron.error import CronError
from jobrunner.cron.expression import read
from jobrunner.cron.schedule import CronSchedule, Dst

RULES: tuple[Dst, ...] = get_args(Dst)

__all__ = ["CronError", "CronSchedule", "Dst", "parse"]


def parse(expression: str, zone: tzinfo, *, dst: Dst = "cron", name: str = "") -> CronSchedule:
    """The schedule that an expression means in a zone.

    `dst` says what becomes of slots when the clocks of the zone are changed; `name` is the job's
    name, which decides the values of H.  Raises CronError if the expression cannot be used or would
    never come due, and nothing else whatever the text.
    """
    if dst not in RULES:
        raise ValueError(f"dst {dst!r} is not one of {', '.join(RULES)}")
    return CronSchedule(read(expression, name), zone, dst)
